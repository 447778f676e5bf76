// The tarball's programs, in a root of their own, say what the libraries say
// here.
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "rtfq/data/image_decoder.h"
#include "rtfq/serve/predictor.h"
#include "tests/deploy/small_supernet.h"
#include "tests/tools/program.h"

namespace rtfq {
namespace {

constexpr char kTarball[] = "rtfq/tools/rtfq-edge.tar.gz";
constexpr char kImage[] = "tests/data/testdata/decode/rgb.png";

TEST(EdgeTarball, ClassifiesInACleanRoot) {
  const test::SmallSupernet small;
  const std::string path = ::testing::TempDir() + "/edge.rtfq";
  ASSERT_TRUE(small.Frozen().WriteAtomically(path).ok());
  const test::ProgramResult result =
      test::RunProgram("tests/tools/edge_tarball_test.sh",
                       {kTarball, path, kImage, "r32-w100-q8"});
  std::fputs(result.err.c_str(), stdout);
  ASSERT_EQ(result.exit_code, 0) << result.err;

  const std::shared_ptr<const Bundle> bundle = Bundle::Open(path).value();
  const auto predictor = Predictor::Create(small.engine(), bundle).value();
  const Tensor logits =
      predictor->Logits("r32-w100-q8", {DecodeImageFile(kImage).value()})
          .value();
  const Prediction best = predictor->Top(logits, 0, 1)[0];
  const auto line = nlohmann::json::parse(result.out);
  EXPECT_EQ(line["top"][0]["class"], best.class_name);
  EXPECT_EQ(line["top"][0]["probability"], best.probability);
}

}  // namespace
}  // namespace rtfq
