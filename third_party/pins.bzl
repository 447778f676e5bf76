"""The pin table as a file, for tests."""

load("//third_party:versions.bzl", "ONEDNN", "SYSTEM_LIBRARIES")

def _line(name, library):
    fields = [name, library.title, library.version, library.license, getattr(library, "apt", ""), library.use]
    return "|".join(fields)

def _third_party_pins_impl(ctx):
    lines = [_line(name, library) for name, library in SYSTEM_LIBRARIES.items()] + [_line("onednn", ONEDNN)]
    out = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(out, "\n".join(sorted(lines)) + "\n")
    return [DefaultInfo(files = depset([out]), runfiles = ctx.runfiles([out]))]

third_party_pins = rule(
    implementation = _third_party_pins_impl,
    doc = "Writes `name|title|version|license|apt packages|use`, one library a line, sorted.",
)
