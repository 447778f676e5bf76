// Image files that tests read and folders that they fill.
#ifndef TESTS_DATA_TEST_IMAGES_H_
#define TESTS_DATA_TEST_IMAGES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "rtfq/data/image.h"

namespace rtfq::test {

// A file below tests/data/testdata.
std::string TestData(const std::string& name);
std::string ReadTestData(const std::string& name);

// The pixels of a binary PPM file there.
RgbImage ReadPpm(const std::string& name);

// One line of ops/cases.txt, a call of Pillow and its result.
struct OperationCase {
  std::string operation;
  std::vector<double> arguments;
  RgbImage input;
  RgbImage expected;
  std::string file;  // of `expected`
};
// Those whose operation is `operation`; never none.
std::vector<OperationCase> ReadCases(const std::string& operation);

// Same size and bytes; otherwise says where they differ most.
::testing::AssertionResult ImagesEqual(const RgbImage& image,
                                       const RgbImage& expected);

// Colours that differ from pixel to pixel and from `seed` to `seed`.
RgbImage Speckled(int width, int height, uint64_t seed);

// A folder of this test alone, empty at first and removed at its end.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const {
    return path_ + "/" + name;
  }
  // Writes <path>/<name>, with the folders it needs.
  void Write(const std::string& name, std::string_view bytes) const;
  void WriteJpeg(const std::string& name, const RgbImage& image) const;

 private:
  std::string path_;
};

}  // namespace rtfq::test

#endif  // TESTS_DATA_TEST_IMAGES_H_
