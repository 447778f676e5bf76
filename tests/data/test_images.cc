#include "tests/data/test_images.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "rtfq/core/check.h"
#include "rtfq/core/random.h"
#include "rtfq/data/jpeg.h"

namespace rtfq::test {

namespace fs = std::filesystem;

std::string TestData(const std::string& name) {
  return "tests/data/testdata/" + name;
}

std::string ReadTestData(const std::string& name) {
  std::ifstream file(TestData(name), std::ios::binary);
  RTFQ_CHECK(file.good());
  return std::string(std::istreambuf_iterator<char>(file), {});
}

RgbImage ReadPpm(const std::string& name) {
  std::istringstream file(ReadTestData(name));
  std::string magic;
  int width = 0, height = 0, max = 0;
  file >> magic >> width >> height >> max;
  RTFQ_CHECK(magic == "P6" && max == 255);
  file.get();
  RgbImage image(width, height);
  file.read(reinterpret_cast<char*>(image.pixels.data()),
            static_cast<std::streamsize>(image.pixels.size()));
  RTFQ_CHECK(file.good());
  return image;
}

std::vector<OperationCase> ReadCases(const std::string& operation) {
  std::vector<OperationCase> cases;
  std::istringstream lines(ReadTestData("ops/cases.txt"));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream in(line);
    const std::vector<std::string> words(std::istream_iterator<std::string>(in),
                                         {});
    RTFQ_CHECK(words.size() >= 3);
    if (words[0] != operation) continue;
    OperationCase c;
    c.operation = operation;
    for (size_t i = 1; i + 2 < words.size(); ++i) {
      c.arguments.push_back(std::stod(words[i]));
    }
    c.input = ReadPpm(words[words.size() - 2]);
    c.expected = ReadPpm(words.back());
    c.file = words.back();
    cases.push_back(std::move(c));
  }
  RTFQ_CHECK(!cases.empty());
  return cases;
}

::testing::AssertionResult ImagesEqual(const RgbImage& image,
                                       const RgbImage& expected) {
  if (image == expected) return ::testing::AssertionSuccess();
  if (image.width != expected.width || image.height != expected.height) {
    return ::testing::AssertionFailure()
           << image.width << " x " << image.height << " pixels, expected "
           << expected.width << " x " << expected.height;
  }
  size_t worst = 0, different = 0;
  const auto difference = [&](size_t i) {
    return std::abs(int{image.pixels[i]} - int{expected.pixels[i]});
  };
  for (size_t i = 0; i < image.pixels.size(); ++i) {
    if (difference(i) != 0) ++different;
    if (difference(i) > difference(worst)) worst = i;
  }
  const size_t pixel = worst / 3;
  return ::testing::AssertionFailure()
         << different << " values differ; most at x " << pixel % image.width
         << ", y " << pixel / image.width << ", channel " << worst % 3 << ": "
         << int{image.pixels[worst]} << ", expected "
         << int{expected.pixels[worst]};
}

RgbImage Speckled(int width, int height, uint64_t seed) {
  Rng rng(seed);
  RgbImage image(width, height);
  for (uint8_t& value : image.pixels) {
    value = static_cast<uint8_t>(rng.Below(256));
  }
  return image;
}

TempFolder::TempFolder() {
  std::string name = ::testing::TempDir() + "/images_XXXXXX";
  RTFQ_CHECK(::mkdtemp(name.data()) != nullptr);
  path_ = name;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void TempFolder::Write(const std::string& name, std::string_view bytes) const {
  const fs::path path = fs::path(path_) / name;
  fs::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  RTFQ_CHECK(file.good());
}

void TempFolder::WriteJpeg(const std::string& name,
                           const RgbImage& image) const {
  const auto bytes = EncodeJpeg(image, 90);
  RTFQ_CHECK(bytes.ok());
  Write(name, *bytes);
}

}  // namespace rtfq::test
