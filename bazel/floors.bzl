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

def rtfq_never_reaches(name, targets, pattern):
    """Tests that none of some targets depends on others, however indirectly.

    Args:
      name: of the test.
      targets: absolute labels whose dependencies are looked through.
      pattern: regular expression that no label among them may match.
    """
    native.genquery(
        name = name + "_query",
        expression = "filter('%s', deps(%s))" % (pattern, " + ".join(targets)),
        scope = targets,
        testonly = True,
    )
    native.sh_test(
        name = name,
        size = "small",
        srcs = ["//bazel:floor_test.sh"],
        args = ["$(location :%s_query)" % name],
        data = [":%s_query" % name],
    )

def rtfq_floor(name):
    """Tests that no library of this package reaches a floor it must not know.

    Call it once, at the end of every BUILD file of a floor.

    Args:
      name: of the floor, the folder below rtfq/.
    """
    package = "//" + native.package_name() + ":"
    rtfq_never_reaches(
        name = "floor_test",
        pattern = "^//rtfq/(%s)[/:]" % _NEVER[name],
        targets = [package + rule["name"] for rule in native.existing_rules().values() if rule["kind"] == "cc_library"],
    )
