#include "tests/golden/golden_files.h"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace rtfq {
namespace {

std::string& GoldenDir() {
  static std::string* dir = new std::string("tests/golden/testdata");
  return *dir;
}

}  // namespace

std::string GoldenPath(const std::string& name) {
  return GoldenDir() + "/" + name;
}

SafetensorsFile ReadGolden(const std::string& name) {
  auto file = SafetensorsFile::Read(GoldenPath(name));
  if (!file.ok()) {
    std::fprintf(stderr, "%s\n", file.status().ToString().c_str());
    std::exit(1);
  }
  return *std::move(file);
}

}  // namespace rtfq

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  constexpr std::string_view kFlag = "--golden_dir=";
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.rfind(kFlag, 0) != 0) {
      std::fprintf(stderr, "unknown argument %s; want --golden_dir=DIR\n",
                   argv[i]);
      return 2;
    }
    rtfq::GoldenDir() = std::string(argument.substr(kFlag.size()));
  }
  return RUN_ALL_TESTS();
}
