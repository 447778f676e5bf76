#include "rtfq/deploy/bundle.h"

#include <memory>
#include <string>
#include <string_view>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/core/random.h"
#include "rtfq/core/sha256.h"
#include "rtfq/deploy/bundle_layout.h"
#include "rtfq/deploy/int8_graph.h"
#include "tests/deploy/small_supernet.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq {
namespace {

using test::SmallSupernet;
using ::testing::HasSubstr;

std::string Message(const absl::Status& status) {
  return std::string(status.message());
}

class BundleTest : public ::testing::Test {
 protected:
  SmallSupernet small_;
  const std::string bytes_ = small_.Frozen().Serialize();
};

TEST_F(BundleTest, HoldsTheCodesOfTheSupernet) {
  const auto bundle = Bundle::FromBytes(bytes_, "a.rtfq");
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  EXPECT_TRUE((*bundle)->VerifyAll().ok());
  EXPECT_EQ((*bundle)->header().subnets_size(), 12);
  const auto convs = small_.net().convolutions();
  for (const SubnetConfig& config : small_.net().space().All()) {
    const BundleSubnet* subnet = (*bundle)->FindSubnet(config.ToString());
    ASSERT_NE(subnet, nullptr);
    for (size_t i = 0; i < convs.size(); ++i) {
      const auto codes = (*bundle)->ConvCodes(*subnet, static_cast<int>(i));
      const auto expected =
          convs[i]->WeightCodes(codes.shape()[0], codes.shape()[1],
                                i == 0 ? BitWidth::k8 : config.bits);
      EXPECT_EQ(codes.shape(), expected.shape());
      EXPECT_TRUE(std::ranges::equal(codes.span(), expected.span()))
          << config.ToString() << " " << convs[i]->name();
    }
  }
}

TEST_F(BundleTest, WritesAndMapsAFile) {
  const std::string path = ::testing::TempDir() + "/bundle_test.rtfq";
  ASSERT_TRUE(small_.Frozen().WriteAtomically(path).ok());
  const auto bundle = Bundle::Open(path);
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  EXPECT_TRUE((*bundle)->VerifyAll().ok());
  EXPECT_EQ((*bundle)->path(), path);
}

TEST_F(BundleTest, RefusesOtherFilesVersionsAndEnds) {
  EXPECT_THAT(Message(Bundle::FromBytes("PK\3\4...", "a.zip").status()),
              HasSubstr("a.zip: is no .rtfq file"));
  std::string next = bytes_;
  next[8] = 2;
  const absl::Status version = Bundle::FromBytes(next, "a").status();
  EXPECT_EQ(version.code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(Message(version), HasSubstr("version 2; this program reads 1"));
  for (const size_t size : {size_t{10}, size_t{60}, size_t{200}}) {
    EXPECT_FALSE(Bundle::FromBytes(bytes_.substr(0, size), "a").ok());
  }
  // Without its last section.
  EXPECT_FALSE(Bundle::FromBytes(
                   std::string_view(bytes_).substr(0, bytes_.size() - 64), "a")
                   .ok());
}

TEST_F(BundleTest, NamesADamagedSection) {
  std::string damaged = bytes_;
  damaged[damaged.size() - 100] ^= 1;
  const auto bundle = Bundle::FromBytes(damaged, "a.rtfq");
  ASSERT_TRUE(bundle.ok());
  const absl::Status status = (*bundle)->VerifyAll();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(Message(status), HasSubstr("section 'affine/r24-w60-q4'"));
}

// 200 files with a few changed bytes each: refused in one line or read right.
TEST_F(BundleTest, MutatedFilesAreRefusedOrRight) {
  const std::string name = small_.net().space().Smallest().ToString();
  const Tensor images = small_.Images(1, 24, 1);
  const Tensor expected =
      small_.Logits(small_.net().space().Smallest(), images);
  Rng rng(5);
  int refused = 0;
  for (int i = 0; i < 200; ++i) {
    std::string bytes = bytes_;
    // Half of them before the sections.
    const double end = i % 2 == 0 ? 6000.0 : static_cast<double>(bytes.size());
    for (int change = 0; change <= i % 3; ++change) {
      const auto at = static_cast<size_t>(rng.Uniform(0, end));
      bytes[at] = static_cast<char>(rng.Uniform(0, 256));
    }
    if (i % 7 == 0) bytes.resize(static_cast<size_t>(rng.Uniform(0, end)));
    auto bundle = Bundle::FromBytes(bytes, "mutated");
    absl::Status status = bundle.status();
    if (status.ok()) {
      const std::shared_ptr<const Bundle> shared = *std::move(bundle);
      const auto graph = Int8Graph::Create(small_.engine(), shared, name, 1);
      status = graph.status();
      if (status.ok()) {
        EXPECT_THAT((*graph)->Forward(images), test::HasBitsOf(expected));
      }
    }
    if (status.ok()) continue;
    ++refused;
    EXPECT_EQ(Message(status).find('\n'), std::string::npos) << status;
  }
  EXPECT_GT(refused, 100);
}

// Whoever changes the header can make its checksum, too. What is accepted may
// be another network, but one that can be made.
TEST_F(BundleTest, MutatedHeadersWithTheirChecksumAreRefusedOrMakeSense) {
  const int64_t length = static_cast<uint8_t>(bytes_[16]) +
                         256 * static_cast<uint8_t>(bytes_[17]) +
                         65536 * static_cast<uint8_t>(bytes_[18]);
  ASSERT_LT(kBundlePrologueBytes + length, bytes_.size());
  Rng rng(6);
  int refused = 0, accepted = 0;
  for (int i = 0; i < 400; ++i) {
    std::string bytes = bytes_;
    for (int change = 0; change <= i % 3; ++change) {
      const auto at = rng.Uniform(0, static_cast<double>(length));
      bytes[kBundlePrologueBytes + static_cast<size_t>(at)] =
          static_cast<char>(rng.Uniform(0, 256));
    }
    bytes.replace(24, 64,
                  Sha256Hex(bytes.substr(kBundlePrologueBytes, length)));
    auto bundle = Bundle::FromBytes(bytes, "mutated");
    if (!bundle.ok()) {
      ++refused;
      EXPECT_EQ(Message(bundle.status()).find('\n'), std::string::npos);
      continue;
    }
    const std::shared_ptr<const Bundle> shared = *std::move(bundle);
    const std::string name = shared->header().subnets(0).name();
    const auto graph = Int8Graph::Create(small_.engine(), shared, name, 1);
    accepted += graph.ok();
  }
  // Tags, lengths, offsets and sizes; texts and scores.
  EXPECT_GT(refused, 100);
  EXPECT_GT(accepted, 10);
}

TEST_F(BundleTest, ForgottenChecksAreMadeAgain) {
  std::string bytes = bytes_;
  const auto bundle = Bundle::FromBytes(bytes, "a.rtfq");
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  ASSERT_TRUE((*bundle)->VerifyAll().ok());
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  EXPECT_TRUE((*bundle)->VerifyAll().ok());
  (*bundle)->ForgetChecks();
  EXPECT_EQ((*bundle)->VerifyAll().code(), absl::StatusCode::kDataLoss);
}

TEST_F(BundleTest, BytesMustBeAligned) {
  const std::string shifted = " " + bytes_;
  EXPECT_THAT(
      Message(Bundle::FromBytes(std::string_view(shifted).substr(1), "a.rtfq")
                  .status()),
      HasSubstr("a.rtfq: its bytes do not lie at a multiple of 4"));
}

}  // namespace
}  // namespace rtfq
