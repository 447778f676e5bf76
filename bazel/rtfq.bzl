"""The rules our own code is built with: warnings are errors, for us only."""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library", "cc_proto_library", "cc_test")

_WARNINGS = [
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wnon-virtual-dtor",
    "-Woverloaded-virtual",
    "-Wvla",
]

# g++ 12 warns of overlapping copies inside std::string's operator+ where there
# are none (GCC bug 105651).
_GCC_FALSE_ALARMS = ["-Wno-restrict"]

_OPTIMIZATION = ["-O3"]

# We neither read errno after mathematics nor trap on it; nothing else of IEEE
# arithmetic is given up, so sums keep their order and NaN stays NaN.
_ARITHMETIC = [
    "-fno-math-errno",
    "-fno-trapping-math",
]

def _copts():
    return _WARNINGS + _ARITHMETIC + select({
        "//bazel:is_clang": [],
        "//conditions:default": _GCC_FALSE_ALARMS,
    }) + select({
        "//bazel:is_opt": _OPTIMIZATION,
        "//conditions:default": [],
    })

def rtfq_copts():
    """The options of our own C++, for rules that are made elsewhere."""
    return _copts()

def rtfq_cc_library(name, copts = [], **kwargs):
    """cc_library with our options. Private unless `visibility` says otherwise.

    Args:
      name: of the target: its files are name.h and name.cc.
      copts: further options.
      **kwargs: as cc_library's.
    """
    cc_library(name = name, copts = _copts() + copts, linkstatic = True, **kwargs)

def rtfq_cc_binary(name, copts = [], linkopts = [], **kwargs):
    """cc_binary with our options.

    It finds libraries shipped in ../lib beside its own folder, and these theirs
    (an old-style rpath holds for the whole tree).

    Args:
      name: of the program.
      copts: further options.
      linkopts: further options.
      **kwargs: as cc_binary's.
    """
    cc_binary(
        name = name,
        copts = _copts() + copts,
        linkopts = [
            "-Wl,-rpath,$$ORIGIN/../lib",
            "-Wl,--disable-new-dtags",
        ] + linkopts,
        **kwargs
    )

def rtfq_cc_test(name, copts = [], deps = [], size = "small", **kwargs):
    """A GoogleTest test; brings main() and the matchers.

    Args:
      name: x_test, for the unit x.
      copts: further options.
      deps: the unit and what the test needs besides GoogleTest.
      size: as cc_test's.
      **kwargs: as cc_test's.
    """
    cc_test(
        name = name,
        size = size,
        copts = _copts() + copts,
        linkstatic = True,
        deps = deps + [
            "//tests/testing:tsan_suppressions",
            "@com_google_googletest//:gtest_main",
        ],
        **kwargs
    )

def rtfq_proto_library(name, srcs, deps = [], visibility = None, testonly = False):
    """Protocol buffer messages for C++.

    Args:
      name: what C++ targets depend on; `<name>_raw` is the proto_library.
      srcs: the .proto files.
      deps: other rtfq_proto_library targets whose files these import.
      visibility: of both.
      testonly: of both.
    """
    native.proto_library(
        name = name + "_raw",
        srcs = srcs,
        testonly = testonly,
        visibility = visibility,
        deps = [dep + "_raw" if ":" in dep else "%s:%s_raw" % (dep, dep.split("/")[-1]) for dep in deps],
    )
    cc_proto_library(
        name = name,
        testonly = testonly,
        visibility = visibility,
        deps = [":" + name + "_raw"],
    )
