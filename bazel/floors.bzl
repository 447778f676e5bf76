"""The arrows between floors that may never exist, and the test that proves it.

Visibility stops a direct arrow; this stops one that goes through others.
"""

_NEVER = {  # floor: what it may not reach, however indirectly
    "core": "ops|models|data|train|eval|deploy|serve|tools",
    "ops": "models|data|train|eval|deploy|serve|tools",
    "models": "data|train|eval|deploy|serve|tools",
    "data": "ops|models|train|eval|deploy|serve|tools",
    "train": "eval|deploy|serve|tools",
    "eval": "train|deploy|serve|tools",
    "deploy": "data|train|eval|serve|tools",
    # What runs on the edge links no trainer.
    "serve": "models|train|eval|tools",
}

def rtfq_floor(name):
    """Tests that no library of this package reaches a floor it must not know.

    Call it once, at the end of every BUILD file of a floor.

    Args:
      name: of the floor, the folder below rtfq/.
    """
    libraries = [":" + rule["name"] for rule in native.existing_rules().values() if rule["kind"] == "cc_library"]
    native.genquery(
        name = "floor_query",
        expression = "filter('^//rtfq/(%s)[/:]', deps(%s))" % (
            _NEVER[name],
            " + ".join(["//" + native.package_name() + library for library in libraries]),
        ),
        scope = libraries,
        testonly = True,
    )
    native.sh_test(
        name = "floor_test",
        size = "small",
        srcs = ["//bazel:floor_test.sh"],
        args = ["$(location :floor_query)"],
        data = [":floor_query"],
    )
