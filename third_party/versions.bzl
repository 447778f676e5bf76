"""Every library this project links or compiles against, one record each.

What a field means:
  version   the version the project is built and tested with
  apt       the Debian 12 package that brings it; None if it is built here
  header    a file below /usr/include that shows it is installed
  license   SPDX expression; THIRD_PARTY_NOTICES.md has the notice
  use       what it does for us
Tests compare this table with THIRD_PARTY_NOTICES.md and
third_party/system/packages.txt.
"""

SYSTEM_LIBRARIES = {
    "com_github_google_benchmark": struct(
        title = "Google Benchmark",
        version = "1.7.1",
        apt = "libbenchmark-dev",
        header = "benchmark/benchmark.h",
        license = "Apache-2.0",
        use = "micro-benchmarks; not part of any product binary",
    ),
    "com_google_absl": struct(
        title = "Abseil",
        version = "20220623.1",
        apt = "libabsl-dev",
        header = "absl/base/config.h",
        license = "Apache-2.0",
        use = "Status, strings, flags, containers, time",
    ),
    "com_google_googletest": struct(
        title = "GoogleTest",
        version = "1.12.1",
        apt = "libgtest-dev libgmock-dev",
        header = "gmock/gmock.h",
        license = "BSD-3-Clause",
        use = "tests; not part of any product binary",
    ),
    "com_google_protobuf": struct(
        title = "Protocol Buffers",
        version = "3.21.12",
        apt = "libprotobuf-dev protobuf-compiler",
        header = "google/protobuf/message.h",
        license = "BSD-3-Clause",
        use = "configurations, reports, file headers",
    ),
    "eigen": struct(
        title = "Eigen",
        version = "3.4.0",
        apt = "libeigen3-dev",
        header = "eigen3/Eigen/Core",
        license = "MPL-2.0",
        use = "small linear algebra; headers only, EIGEN_MPL2_ONLY",
    ),
    "highway": struct(
        title = "Highway",
        version = "1.0.3",
        apt = "libhwy-dev",
        header = "hwy/highway.h",
        license = "Apache-2.0",
        use = "vector code chosen at run time",
    ),
    "libjpeg": struct(
        title = "libjpeg-turbo",
        version = "2.1.5",
        apt = "libjpeg-dev",
        header = "jpeglib.h",
        license = "IJG AND BSD-3-Clause AND Zlib",
        use = "JPEG decoding and, for generated data sets, encoding",
    ),
    "libspng": struct(
        title = "libspng",
        version = "0.7.3",
        apt = "libspng-dev",
        header = "spng.h",
        license = "BSD-2-Clause",
        use = "PNG decoding",
    ),
    "nlohmann_json": struct(
        title = "JSON for Modern C++",
        version = "3.11.2",
        apt = "nlohmann-json3-dev",
        header = "nlohmann/json.hpp",
        license = "MIT",
        use = "JSON headers of weight files, JSON reports",
    ),
    "onetbb": struct(
        title = "oneAPI Threading Building Blocks",
        version = "2021.8.0",
        apt = "libtbb-dev",
        header = "oneapi/tbb/version.h",
        license = "Apache-2.0",
        use = "threads, for us and for oneDNN",
    ),
    "openssl": struct(
        title = "OpenSSL",
        version = "3.0",
        apt = "libssl-dev",
        header = "openssl/evp.h",
        license = "Apache-2.0",
        use = "SHA-256",
    ),
    "random123": struct(
        title = "Random123",
        version = "1.14.0",
        apt = "librandom123-dev",
        header = "Random123/philox.h",
        license = "BSD-3-Clause",
        use = "counter-based random numbers; headers only",
    ),
    "zlib": struct(
        title = "zlib",
        version = "1.2.13",
        apt = "zlib1g-dev",
        header = "zlib.h",
        license = "Zlib",
        use = "CRC-32 and decompression",
    ),
}

# Built here from source: the distribution's 2.6.3 has another interface and
# another threading runtime.
ONEDNN = struct(
    title = "oneAPI Deep Neural Network Library (oneDNN)",
    version = "3.7.2",
    commit = "dfce0a11226353967a54a318d86daa588c28c668",
    content_sha256 = "e07e60b8814684df14a7928e139defd676badc50c9803e0ae82cc91168f82293",
    debian_suite = "trixie",
    debian_version = "3.7.2+ds-2",
    debian_tarball = "onednn_3.7.2+ds.orig.tar.xz",
    license = "Apache-2.0",
    use = "convolutions and matrix products, with kernels made at run time",
)
