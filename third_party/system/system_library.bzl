"""A repository on top of a library that the distribution has installed."""

def require_system_header(repository_ctx, header, apt):
    """Returns the path of a header, or fails with the line that helps.

    Args:
      repository_ctx: of the repository rule.
      header: path below /usr/include.
      apt: Debian packages that bring it, separated by spaces.
    Returns:
      The header's path.
    """
    path = repository_ctx.path("/usr/include/" + header)
    if not path.exists:
        fail("%s is missing. Run ./bazelw once, or: sudo apt-get install %s" % (path, apt))
    return path

def _system_library_impl(repository_ctx):
    require_system_header(repository_ctx, repository_ctx.attr.header, repository_ctx.attr.apt)
    for path, link in repository_ctx.attr.links.items():
        repository_ctx.symlink(path, link)
    repository_ctx.symlink(repository_ctx.attr.build_file, "BUILD")

system_library = repository_rule(
    implementation = _system_library_impl,
    # Looks at the machine again with each new Bazel server: packages come and go.
    local = True,
    attrs = {
        "apt": attr.string(mandatory = True),
        "build_file": attr.label(mandatory = True, allow_single_file = True),
        "header": attr.string(mandatory = True),
        "links": attr.string_dict(doc = "Path on the machine to name in the repository."),
    },
    doc = "The distribution's library under the name that its own Bazel build would have.",
)
