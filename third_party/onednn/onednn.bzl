"""oneDNN's source at its pinned version, made ready for onednn.BUILD.

Where it comes from, first door that opens:
  1. a tarball on disk: --repo_env=RTFQ_ONEDNN_TARBALL=/path/to/file
  2. the copy kept in $HOME/.cache/rtfq/sources by an earlier checkout
  3. the distribution's source package, through this machine's own apt
  4. the public archive of the pinned commit
Whatever the door, the files must be the pinned ones, bit for bit.
"""

load("//third_party/onednn:options.bzl", "ALONE", "COLD", "DEFINED", "EDITS", "ENABLED", "GENERATORS", "LOOPS", "NOT_BUILT")

# The files we may compile, as `sha256sum` lists them in the C locale. spdlog,
# bundled by the public archive only, is not used.
_CONTENT = """
find include src/common src/cpu -type f ! -path '*/spdlog/*' |
  LC_ALL=C sort | xargs sha256sum | sha256sum
"""

_SOURCES_AT_A_TIME = 12

def _fetch(repository_ctx):
    """Returns the tarball's place, or None after unpacking a public archive."""
    pin = repository_ctx.attr
    environ = repository_ctx.os.environ
    if "RTFQ_ONEDNN_TARBALL" in environ:
        return environ["RTFQ_ONEDNN_TARBALL"]
    cache = environ.get("HOME", str(repository_ctx.path("."))) + "/.cache/rtfq/sources"
    fetched = repository_ctx.execute(
        ["sh", str(repository_ctx.path(pin.fetch_script)), cache, pin.debian_suite, pin.debian_version, pin.debian_tarball],
        timeout = 900,
    )
    if fetched.return_code == 0:
        return cache + "/" + pin.debian_tarball
    archive = repository_ctx.download_and_extract(
        url = pin.public_archive,
        stripPrefix = pin.public_prefix,
        allow_fail = True,
    )
    if not archive.success:
        fail(("oneDNN %s could not be fetched. From the distribution: %s. From the public archive: no answer. " +
              "Give a tarball you have with --repo_env=RTFQ_ONEDNN_TARBALL=/path.") %
             (pin.version, " ".join(fetched.stderr.split("\n")).strip() or "no answer"))
    return None

def _unpack(repository_ctx, tarball):
    """Takes out of a tarball what may be compiled; the rest is twice as much."""
    wanted = ["*/LICENSE", "*/THIRD-PARTY-PROGRAMS", "*/include/*", "*/src/common/*", "*/src/cpu/*"]
    unpacked = repository_ctx.execute(
        ["tar", "--extract", "--strip-components=1", "--no-same-owner", "--file", tarball, "--wildcards"] + wanted,
        timeout = 300,
    )
    if unpacked.return_code != 0:
        fail("oneDNN's tarball %s cannot be unpacked: %s" % (tarball, unpacked.stderr.strip()))

def _check_content(repository_ctx):
    content = repository_ctx.execute(["sh", "-c", _CONTENT], timeout = 300).stdout.split(" ")[0]
    if content != repository_ctx.attr.content_sha256:
        fail("This is not oneDNN %s: its files have sha256 %s, but third_party/versions.bzl says %s." %
             (repository_ctx.attr.version, content, repository_ctx.attr.content_sha256))

def _configured(line):
    """A line of CMake's header template as our options would have it."""
    words = line.split(" ")
    if words[0] == "#cmakedefine01":
        return "#define %s %d" % (words[1], 1 if words[1] in ENABLED else 0)
    if words[0] != "#cmakedefine":
        return line
    if words[1] in DEFINED:
        return ("#define %s %s" % (words[1], DEFINED[words[1]])).rstrip()
    return "/* %s is off */" % words[1]

def _configure(repository_ctx):
    include = "include/oneapi/dnnl/"
    template = repository_ctx.read(include + "dnnl_config.h.in")
    repository_ctx.file(include + "dnnl_config.h", "\n".join([_configured(line) for line in template.split("\n")]))
    major, minor, patch = repository_ctx.attr.version.split(".")
    repository_ctx.template(include + "dnnl_version.h", include + "dnnl_version.h.in", {
        "@DNNL_VERSION_MAJOR@": major,
        "@DNNL_VERSION_MINOR@": minor,
        "@DNNL_VERSION_PATCH@": patch,
    })
    repository_ctx.template(include + "dnnl_version_hash.h", include + "dnnl_version_hash.h.in", {
        "@DNNL_VERSION_HASH@": repository_ctx.attr.commit,
    })

def _edit(repository_ctx):
    for path, replaced, by in EDITS:
        text = repository_ctx.read(path)
        if text.count(replaced) != 1:
            fail("third_party/onednn/options.bzl: %s should hold once what an edit replaces: %s" % (path, replaced))
        repository_ctx.file(path, text.replace(replaced, by), executable = False)

def _sources(repository_ctx, folder):
    names = sorted([f.basename for f in repository_ctx.path("src/" + folder).readdir()])
    return [folder + "/" + n for n in names if n.endswith(".cpp") and not _has_part(n, NOT_BUILT)]

def _has_part(name, parts):
    return len([part for part in parts if part in name]) > 0

def _groups(sources):
    """Which of a folder's sources are compiled together."""
    together = []
    groups = []
    for source in sources:
        name = source.split("/")[-1]

        # Lists of implementations all use the same names.
        if name in ALONE or name.endswith("_list.cpp"):
            groups.append([source])
        else:
            together.append(source)
    return groups + [together[i:i + _SOURCES_AT_A_TIME] for i in range(0, len(together), _SOURCES_AT_A_TIME)]

def _unite(repository_ctx, kind, sources):
    """Writes united/<kind>/*.cpp, each of which includes some sources."""
    for group in _groups(sources):
        headers = []
        if len(group) > 1:
            headers = ["unity.hpp"]
            for source in group:
                header = source[:-len("cpp")] + "hpp"
                if repository_ctx.path("src/" + header).exists:
                    headers.append(header)
        name = group[0][:-len(".cpp")].replace("/", "_")
        repository_ctx.file(
            "united/%s/%s.cpp" % (kind, name),
            "".join(['#include "%s"\n' % f for f in headers + group]),
            executable = False,
        )

def _unite_all(repository_ctx):
    for folder in GENERATORS:
        _unite(repository_ctx, "generators", _sources(repository_ctx, folder))
    for folder in LOOPS:
        sources = _sources(repository_ctx, folder)
        _unite(repository_ctx, "generators", [s for s in sources if _has_part(s, COLD)])
        _unite(repository_ctx, "loops", [s for s in sources if not _has_part(s, COLD)])

def _onednn_impl(repository_ctx):
    tarball = _fetch(repository_ctx)
    if tarball:
        _unpack(repository_ctx, tarball)
    _check_content(repository_ctx)
    _configure(repository_ctx)
    _edit(repository_ctx)
    repository_ctx.symlink(repository_ctx.attr.unity_header, "src/unity.hpp")
    _unite_all(repository_ctx)
    repository_ctx.symlink(repository_ctx.attr.stubs, "united/loops/stubs.cpp")
    repository_ctx.symlink(repository_ctx.attr.build_file, "BUILD")

onednn_repository = repository_rule(
    implementation = _onednn_impl,
    environ = ["RTFQ_ONEDNN_TARBALL"],
    attrs = {
        "build_file": attr.label(mandatory = True, allow_single_file = True),
        "commit": attr.string(mandatory = True),
        "content_sha256": attr.string(mandatory = True),
        "debian_suite": attr.string(mandatory = True),
        "debian_tarball": attr.string(mandatory = True),
        "debian_version": attr.string(mandatory = True),
        "fetch_script": attr.label(mandatory = True, allow_single_file = True),
        "public_archive": attr.string(mandatory = True),
        "public_prefix": attr.string(mandatory = True),
        "stubs": attr.label(mandatory = True, allow_single_file = True),
        "unity_header": attr.label(mandatory = True, allow_single_file = True),
        "version": attr.string(mandatory = True),
    },
    doc = "See the file's head.",
)
