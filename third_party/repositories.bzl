"""Every external repository of this project, by one call from WORKSPACE."""

load("//third_party:bundled_repository.bzl", "bundled_repository")
load("//third_party:versions.bzl", "ONEDNN", "SYSTEM_LIBRARIES")
load("//third_party/onednn:onednn.bzl", "onednn_repository")
load("//third_party/system:abseil.bzl", "system_abseil")
load("//third_party/system:system_library.bzl", "system_library")

# BUILD files named otherwise than their repository.
_BUILD_FILES = {
    "com_github_google_benchmark": "benchmark",
    "com_google_googletest": "googletest",
    "com_google_protobuf": "protobuf",
}

# What a repository needs to see of the machine besides the usual folders.
_LINKS = {
    "com_google_protobuf": {"/usr/bin/protoc": "bin/protoc"},
    "eigen": {"/usr/include/eigen3": "eigen3"},
}

def rtfq_repositories():
    """Declares them. Nothing is read or fetched before a target needs it."""
    for name in ["rules_cc", "rules_java", "remote_coverage_tools"]:
        bundled_repository(name = name)

    for name, library in SYSTEM_LIBRARIES.items():
        if name == "com_google_absl":
            system_abseil(name = name, apt = library.apt)
            continue
        system_library(
            name = name,
            apt = library.apt,
            build_file = Label("//third_party/system:%s.BUILD" % _BUILD_FILES.get(name, name)),
            header = library.header,
            links = _LINKS.get(name, {}),
        )

    onednn_repository(
        name = "onednn",
        build_file = Label("//third_party/onednn:onednn.BUILD"),
        commit = ONEDNN.commit,
        content_sha256 = ONEDNN.content_sha256,
        debian_suite = ONEDNN.debian_suite,
        debian_tarball = ONEDNN.debian_tarball,
        debian_version = ONEDNN.debian_version,
        fetch_script = Label("//third_party/onednn:fetch_from_distribution.sh"),
        public_archive = "https://github.com/uxlfoundation/oneDNN/archive/%s.tar.gz" % ONEDNN.commit,
        public_prefix = "oneDNN-" + ONEDNN.commit,
        stubs = Label("//third_party/onednn:stubs.cpp"),
        unity_header = Label("//third_party/onednn:unity.hpp"),
        version = ONEDNN.version,
    )
