"""Inputs nobody thought of: libFuzzer, and its findings as an ordinary test."""

load("@rules_cc//cc:defs.bzl", "cc_test")
load("//bazel:rtfq.bzl", "rtfq_cc_binary", "rtfq_cc_library", "rtfq_copts")

def rtfq_fuzz_test(name, srcs, corpus, deps):
    """A function that must survive every input.

    `<name>_test` gives it each file of the corpus, with any compiler; it runs
    with all tests. `<name>` makes up more (clang only, so it is "manual"):

      bazel run --config=fuzz //tests/fuzz:<name> -- <corpus folder>
          -max_total_time=600

    New inputs are written to that folder; a crash is written to the current
    one. Keep what was found by adding it to the corpus.

    Args:
      name: x_fuzz, for the unit x.
      srcs: define LLVMFuzzerTestOneInput(), and no main().
      corpus: files, whole inputs each.
      deps: the unit and what the function needs.
    """
    rtfq_cc_library(
        name = name + "_function",
        testonly = True,
        srcs = srcs,
        alwayslink = True,
        deps = deps,
    )
    rtfq_cc_binary(
        name = name,
        testonly = True,
        linkopts = ["-fsanitize=fuzzer"],
        tags = ["manual"],
        deps = [":" + name + "_function"],
    )
    cc_test(
        name = name + "_test",
        size = "small",
        srcs = ["//tests/fuzz:corpus_main.cc"],
        args = ["$(location %s)" % file for file in corpus],
        copts = rtfq_copts(),
        data = corpus,
        linkstatic = True,
        deps = [
            ":" + name + "_function",
            "//rtfq/core:file",
        ],
    )
