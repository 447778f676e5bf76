#include "rtfq/core/torch_container.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/torch_bytes.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::IsOk;
using test::StatusIs;
using ::testing::HasSubstr;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

// Two storages, one of them named twice.
const std::string& Object() {
  static const std::string* const kObject =
      new std::string(Dict({{"a", StorageRef("7", 2)},
                            {"b", StorageRef("k", 3, "HalfStorage")},
                            {"c", StorageRef("7", 2)}}));
  return *kObject;
}

std::vector<StorageBytes> Storages() {
  return {{"k", 3, "sixsix"}, {"7", 2, "eightbyt"}};
}

TEST(ReadTorchContainer, BothFormatsHoldTheSame) {
  for (const std::string& file :
       {TorchZip(Object(), Storages()), TorchLegacy(Object(), Storages())}) {
    EXPECT_TRUE(LooksLikeTorch(file));
    const absl::StatusOr<TorchContainer> container = ReadTorchContainer(file);
    ASSERT_THAT(container, IsOk());
    ASSERT_EQ(container->storages.size(), 2u);
    const TorchStorage& seven = container->storages.at("7");
    EXPECT_EQ(seven.bytes, "eightbyt");
    EXPECT_EQ(seven.dtype, DType::kF32);
    EXPECT_EQ(seven.count, 2);
    EXPECT_EQ(container->storages.at("k").bytes, "sixsix");
    EXPECT_EQ(container->storages.at("k").dtype, DType::kF16);
    const Pickle& object = container->object;
    EXPECT_EQ(TorchStorageKey(object, object[object.root].items[3]), "k");
  }
}

TEST(LooksLikeTorch, SafetensorsDoNot) {
  // A header of 640 bytes begins as a pickle of protocol 2 does.
  EXPECT_FALSE(LooksLikeTorch(Number(640, 8) + "{\"a\":"));
  EXPECT_FALSE(LooksLikeTorch(""));
  EXPECT_FALSE(LooksLikeTorch("\x80\x02"));
  EXPECT_TRUE(LooksLikeTorch("\x80\x02}q\1X\1\1\1\1a"));
}

struct Bad {
  std::string file;
  std::string message;
};

class BadContainer : public ::testing::TestWithParam<Bad> {};

TEST_P(BadContainer, IsRefusedByName) {
  EXPECT_THAT(ReadTorchContainer(GetParam().file),
              StatusIs(kInvalid, HasSubstr(GetParam().message)));
}

std::string ZipOf(
    const std::vector<std::pair<std::string, std::string>>& entries) {
  ZipBytes zip;
  for (const auto& [name, bytes] : entries) zip.Add(name, bytes);
  return zip.Finish();
}

INSTANTIATE_TEST_SUITE_P(
    Zip, BadContainer,
    ::testing::Values(
        Bad{ZipOf({{"x/version", "3"}}), "not of torch.save"},
        Bad{ZipOf({{"data.pkl", "N."}}), "not of torch.save"},
        Bad{ZipOf({{"x/data.pkl", "N."}, {"y/data.pkl", "N."}}), "has two"},
        Bad{ZipOf({{"x/data.pkl", "N."}, {"x/byteorder", "big"}}),
            "its byte order is 'big'; only 'little' is read"},
        // The file's byte, not the entry's.
        Bad{ZipOf({{"x/data.pkl", "Ncos\nsystem\n"}}),
            "byte 44: opcode GLOBAL"},
        Bad{ZipOf({{"x/data.pkl", "N"}, {"x/y", "."}}), "byte 44: truncated"},
        Bad{TorchZip(Object(), {{"k", 3, "sixsix"}}),
            "storage '7': the archive has no entry of it"},
        Bad{TorchZip(Object(), {{"k", 3, "sixsix"}, {"7", 2, "seven77"}}),
            "storage '7': its entry has 7 bytes, but 2 elements of F32 are "
            "8"}));

INSTANTIATE_TEST_SUITE_P(
    Storage, BadContainer,
    ::testing::Values(
        Bad{TorchZip(Dict({{"a", "NQ"}}), {}), "a reference to something"},
        Bad{TorchZip(Dict({{"a", "(" + Text("module") + "NNNNtQ"}}), {}),
            "a reference to something other than ('storage'"},
        Bad{TorchZip(Dict({{"a", StorageRef("0", -1)}}), {}),
            "storage '0': cannot have -1 elements"},
        Bad{TorchZip(Dict({{"a", StorageRef("0", int64_t{1} << 61)}}), {}),
            "cannot have 2305843009213693952 elements"},
        Bad{TorchZip(Dict({{"a", StorageRef("0", 1)},
                           {"b", StorageRef("0", 1, "IntStorage")}}),
                     {}),
            "storage '0': is described in two ways"},
        Bad{TorchZip(Dict({{"a", StorageRef("0", 1, "ComplexFloatStorage")}}),
                     {}),
            "'torch.ComplexFloatStorage' is not accepted"},
        Bad{TorchZip(Dict({{"a", "(" + Text("storage") + "N" + Text("0") + "N" +
                                     Int(1) + "tQ"}}),
                     {}),
            "storage '0': has no type of a storage"},
        Bad{TorchZip(Dict({{"a", "(" + Text("storage") +
                                     Name("torch", "FloatStorage") + Text("0") +
                                     "N" + Int(1) + ")tQ"}}),
                     {}),
            "is a part of another one"}));

std::string Preamble(const std::string& magic, const std::string& protocol,
                     const std::string& machine) {
  return TorchLegacy(Object(), Storages(), magic + protocol + machine);
}

std::string Magic(char last) {
  return std::string("\x80\x02\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P") + last + ".";
}

INSTANTIATE_TEST_SUITE_P(
    Legacy, BadContainer,
    ::testing::Values(
        Bad{"\x80\x02}.", "is a pickle, but not of torch.save"},
        Bad{Preamble(Magic('\x18'), "K\1.", "}."), "not of torch.save"},
        Bad{Preamble(Magic('\x19'), "K\1.", "}."), "protocol is not 1001"},
        Bad{Preamble(Magic('\x19'), "M\xe9\x03.", "}."), "not written on a"},
        Bad{Preamble(Magic('\x19'), "M\xe9\x03.",
                     Dict({{"little_endian", "\x89"}})),
            "was not written on a little-endian machine"},
        Bad{TorchLegacy(Object(), {{"k", 3, "sixsix"}}),
            "has 1 of 2 storages, then 0 bytes"},
        Bad{TorchLegacy(Object(), Storages()) + "x",
            "has 2 of 2 storages, then 1 bytes"},
        Bad{TorchLegacy(Object(), {{"k", 3, "sixsix"}, {"k", 3, "sixsix"}}),
            "storage 'k': is listed twice"},
        Bad{TorchLegacy(Object(), {{"j", 3, "sixsix"}}),
            "storage 'j': is listed twice, or of no tensor"},
        Bad{TorchLegacy(Object(), {{"k", 4, "eightbyt"}}),
            "says 4 elements, but the pickle 3"},
        Bad{TorchLegacy(Object(), {{"k", 3, "six"}}),
            "storage 'k': truncated: 6 bytes are wanted, 3 follow"}));

}  // namespace
}  // namespace rtfq
