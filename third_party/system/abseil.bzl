"""The distribution's Abseil under the labels of Abseil's own Bazel build.

Static archives: programs start faster, and what is shipped needs no
particular Abseil on the machine that runs it.
"""

load("//third_party/system:system_library.bzl", "require_system_header")

# The labels we use; any of them offers all of Abseil.
_TARGETS = {
    "algorithm": ["algorithm", "container"],
    "base": ["base", "config", "core_headers", "log_severity"],
    "cleanup": ["cleanup"],
    "container": ["btree", "fixed_array", "flat_hash_map", "flat_hash_set", "inlined_vector", "node_hash_map", "node_hash_set"],
    "debugging": ["failure_signal_handler", "stacktrace", "symbolize"],
    "flags": ["commandlineflag", "config", "flag", "marshalling", "parse", "program_name", "reflection", "usage", "usage_internal"],
    "functional": ["any_invocable", "bind_front", "function_ref"],
    "hash": ["hash"],
    "memory": ["memory"],
    "meta": ["type_traits"],
    "numeric": ["bits", "int128"],
    "random": ["random"],
    "status": ["status", "statusor"],
    "strings": ["cord", "str_format", "strings"],
    "synchronization": ["synchronization"],
    "time": ["time"],
    "types": ["any", "compare", "optional", "span", "variant"],
    "utility": ["utility"],
}

_ROOT = """\
cc_library(
    name = "absl",
    linkopts = [
        "-Wl,--start-group",
%s
        "-Wl,--end-group",
        "-pthread",
    ],
    visibility = ["//visibility:public"],
)
"""

_ALIAS = """\
alias(
    name = "%s",
    actual = "//:absl",
    visibility = ["//visibility:public"],
)
"""

_LOAD = 'load("@rules_cc//cc:defs.bzl", "cc_library")\n\n'

def _is_product_archive(name):
    return name.startswith("libabsl_") and name.endswith(".a") and not "test_util" in name and name != "libabsl_scoped_set_env.a"

def _system_abseil_impl(repository_ctx):
    require_system_header(repository_ctx, "absl/base/config.h", repository_ctx.attr.apt)
    archives = []
    for folder in repository_ctx.path("/usr/lib").readdir():
        if folder.basename.endswith("-linux-gnu"):
            archives += [f.basename for f in folder.readdir() if _is_product_archive(f.basename)]
    if not archives:
        fail("No libabsl_*.a below /usr/lib. Run ./bazelw once, or: sudo apt-get install --reinstall " + repository_ctx.attr.apt)
    lines = ['        "-l:%s",' % name for name in sorted(archives)]
    repository_ctx.file("BUILD", _LOAD + _ROOT % "\n".join(lines))
    for package, names in _TARGETS.items():
        repository_ctx.file("absl/%s/BUILD" % package, "\n".join([_ALIAS % name for name in names]))

system_abseil = repository_rule(
    implementation = _system_abseil_impl,
    local = True,
    attrs = {"apt": attr.string(mandatory = True)},
    doc = "See the file's head.",
)
