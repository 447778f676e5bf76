"""A repository that lies in a folder of this one."""

# Rules see the folder beside this file whether this repository is the workspace
# or another one's external repository.
_HERE = Label("//third_party:repositories.bzl")

def _bundled_repository_impl(repository_ctx):
    folder = repository_ctx.path(_HERE).dirname.get_child("bazel").get_child(repository_ctx.name)
    for entry in folder.readdir():
        repository_ctx.symlink(entry, entry.basename)

bundled_repository = repository_rule(
    implementation = _bundled_repository_impl,
    # Follows changes of the folder with each new Bazel server.
    local = True,
    doc = "third_party/bazel/<its name>.",
)
