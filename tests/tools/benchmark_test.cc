#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/core/engine.h"
#include "rtfq/data/synthetic_domains.h"
#include "rtfq/tools/benchmark_data.h"
#include "rtfq/tools/benchmark_network.h"
#include "rtfq/tools/benchmark_ops.h"
#include "rtfq/tools/benchmark_step.h"
#include "rtfq/tools/metrics_log.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::IsOk;
using test::StatusIs;
using ::testing::HasSubstr;

BenchmarkOptions Small() {
  return {.depth = 18,
          .classes = 5,
          .batch = 2,
          .threads = 2,
          .steps = 2,
          .subnets = {"r224-w100-q8", "r128-w60-q4"}};
}

TEST(Benchmark, StepIsMeasuredAndTakesNothingOnceWarm) {
  Profiler profiler(SteadyClock());
  auto network = BenchmarkNetwork::Create(Small(), &profiler);
  ASSERT_THAT(network, IsOk());
  const auto json = BenchmarkStep(**network, profiler);
  ASSERT_THAT(json, IsOk());
  EXPECT_THAT(*json, HasSubstr("\"benchmark\":\"step\",\"depth\":18"));
  EXPECT_THAT(*json, HasSubstr("\"pairs_per_s\":"));
  EXPECT_THAT(*json, HasSubstr("\"warm_plans\":0,"));
  EXPECT_EQ(json->find('\n'), std::string::npos);
  EXPECT_FALSE(profiler.entries().empty());
}

TEST(Benchmark, ForwardMeasuresEachSubnet) {
  Profiler profiler(SteadyClock());
  auto network = BenchmarkNetwork::Create(Small(), &profiler);
  ASSERT_THAT(network, IsOk());
  const auto json = BenchmarkForward(**network, profiler);
  ASSERT_THAT(json, IsOk());
  EXPECT_THAT(*json,
              HasSubstr("{\"subnet\":\"r224-w100-q8\",\"images_per_s\":"));
  EXPECT_THAT(*json,
              HasSubstr("{\"subnet\":\"r128-w60-q4\",\"images_per_s\":"));
}

TEST(Benchmark, OpsMeasuresEachWorkInEveryPrecision) {
  Profiler profiler(SteadyClock());
  BenchmarkOptions options = Small();
  options.subnets = {"r128-w60-q4"};
  options.steps = 1;
  for (const char* precision : {"BF16", "INT8", "F32"}) {
    options.precision = precision;
    auto network = BenchmarkNetwork::Create(options, &profiler);
    ASSERT_THAT(network, IsOk());
    const auto json = BenchmarkOps(**network);
    ASSERT_THAT(json, IsOk());
    EXPECT_THAT(*json, HasSubstr(std::string("\"precision\":\"") + precision));
    for (const char* work : {"forward", "backward data", "backward weights"}) {
      EXPECT_THAT(*json, HasSubstr(std::string("{\"subnet\":\"r128-w60-q4\",") +
                                   "\"work\":\"" + work + "\",\"ms\":"));
    }
  }
  options.precision = "FP8";
  EXPECT_THAT(BenchmarkNetwork::Create(options, &profiler),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("--precision=FP8; it must be AUTO")));
}

TEST(Benchmark, DataMakesTheBatchesOfATraining) {
  const std::filesystem::path root =
      std::filesystem::path(::testing::TempDir()) / "benchmark_data";
  const auto engine = Engine::Create(1).value();
  SyntheticOptions images;
  images.side = 16;
  images.images_per_class = 2;
  ASSERT_THAT(WriteSyntheticDomains(images, root, engine->threads()), IsOk());
  DataBenchmarkOptions options = {.root = root,
                                  .source = kCleanDomain,
                                  .target = kShiftedDomain,
                                  .batch = 3,
                                  .threads = 2,
                                  .steps = 2};
  const auto json = BenchmarkData(options);
  ASSERT_THAT(json, IsOk());
  EXPECT_THAT(*json,
              HasSubstr("\"benchmark\":\"data\",\"batch\":3,\"steps\":2"));
  EXPECT_THAT(*json, HasSubstr("\"first_images_per_s\":"));
  EXPECT_THAT(*json, HasSubstr("\"again_images_per_s\":"));

  options.target = "";
  EXPECT_THAT(
      BenchmarkData(options),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--target")));
  options.batch = 0;
  EXPECT_THAT(
      BenchmarkData(options),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--batch=0")));
  std::filesystem::remove_all(root);
}

TEST(Benchmark, StepBeginsWithTheLargest) {
  Profiler profiler(SteadyClock());
  BenchmarkOptions options = Small();
  options.subnets = {"r128-w60-q4", "r224-w100-q8"};
  auto network = BenchmarkNetwork::Create(options, &profiler);
  ASSERT_THAT(network, IsOk());
  EXPECT_THAT(BenchmarkStep(**network, profiler),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("a step's first is r224-w100-q8")));
}

TEST(Benchmark, WrongFlagsAreNamed) {
  const struct {
    BenchmarkOptions options;
    std::string message;
  } cases[] = {{{.depth = 20}, "--depth=20"},
               {{.batch = 0}, "--batch=0"},
               {{.steps = 0}, "--steps=0"},
               {{.classes = 0}, "--classes=0"},
               {{.subnets = {}}, "--subnets is empty"},
               {{.subnets = {"r100-w100-q8"}}, "r100-w100-q8 is not among"},
               {{.subnets = {"large"}}, "large"}};
  for (const auto& c : cases) {
    EXPECT_THAT(
        BenchmarkNetwork::Create(c.options, nullptr),
        StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(c.message)));
  }
}

TEST(Percentiles, AreOfTheSortedSeconds) {
  const Percentiles of = PercentilesOf({0.005, 0.001, 0.003, 0.002, 0.004});
  EXPECT_NEAR(of.p50_ms, 3, 1e-9);
  EXPECT_NEAR(of.p90_ms, 5, 1e-9);  // 0.9 * 4 is nearest to the last
  EXPECT_EQ(PercentilesOf({}).p50_ms, 0);
}

}  // namespace
}  // namespace rtfq
