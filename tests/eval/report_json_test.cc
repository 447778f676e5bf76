#include "rtfq/eval/report_json.h"

#include <cmath>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/eval/sample_report.h"

namespace rtfq {
namespace {

nlohmann::json Parsed(const EvaluationReport& report) {
  return nlohmann::json::parse(ToJson(report), nullptr,
                               /*allow_exceptions=*/false);
}

TEST(ReportJsonTest, HoldsEveryFieldUnderItsName) {
  const EvaluationReport report = test::SampleReport();
  const nlohmann::json json = Parsed(report);
  ASSERT_FALSE(json.is_discarded());
  ASSERT_EQ(json["subnets"].size(), 8u);
  EXPECT_EQ(json["subnets"][0]["subnet"], "r64-w100-q8");
  EXPECT_EQ(json["subnets"][0]["macs"], report.subnets(0).macs());
  EXPECT_TRUE(json["subnets"][0]["macs"].is_number_integer());
  EXPECT_EQ(json["subnets"][0]["target_interval"]["low"],
            report.subnets(0).target_interval().low());
  EXPECT_EQ(json["budgets"][7]["oracle"]["subnet"], "r64-w100-q8");
  EXPECT_EQ(json["class_names"][1], test::kHostileName);
  EXPECT_EQ(json["loss_curves"][0]["steps"].size(), 50u);
  EXPECT_EQ(json["confusion_matrices"][0]["counts"][0], 70);
  EXPECT_EQ(json["facts"]["steps"], 50);
}

TEST(ReportJsonTest, UnknownFieldsAreAbsent) {
  const nlohmann::json json = Parsed(test::UnlabelledReport());
  EXPECT_FALSE(json["subnets"][0].contains("target_accuracy"));
  EXPECT_TRUE(json["subnets"][0].contains("im_score"));
}

TEST(ReportJsonTest, HostileValuesStillGiveJson) {
  EvaluationReport report;
  report.add_class_names("\xFF\xFE broken");
  report.add_class_names("quote \" and \n newline");
  report.add_subnets()->set_latency_ms(std::nan(""));
  const nlohmann::json json = Parsed(report);
  ASSERT_FALSE(json.is_discarded());
  EXPECT_EQ(json["class_names"][0], "\xEF\xBF\xBD\xEF\xBF\xBD broken");
  EXPECT_EQ(json["class_names"][1], "quote \" and \n newline");
  EXPECT_TRUE(json["subnets"][0]["latency_ms"].is_null());
}

TEST(ReportJsonTest, EmptyReportIsAnObject) {
  EXPECT_TRUE(Parsed(EvaluationReport()).is_object());
}

}  // namespace
}  // namespace rtfq
