#include "rtfq/eval/report_builder.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtfq/eval/cost_model.h"
#include "tests/eval/sample_report.h"

namespace rtfq {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ReportBuilderTest, RowsCarryNamesAndCosts) {
  NetworkConfig network;
  const ResNetSpec spec = *MakeResNetSpec(network, 31);
  EvaluationReport report;
  const SubnetConfig subnet{192, 73, BitWidth::k6};
  const SubnetRow* row = AddSubnet(spec, subnet, report);
  EXPECT_EQ(row->subnet(), "r192-w73-q6");
  EXPECT_EQ(row->resolution(), 192);
  EXPECT_EQ(row->width_percent(), 73);
  EXPECT_EQ(row->bits(), 6);
  EXPECT_EQ(row->macs(), Macs(spec, subnet));
  EXPECT_EQ(row->paper_macs(), Macs(spec, subnet) / 2);
  EXPECT_EQ(row->bit_ops(), BitOps(spec, subnet));
  EXPECT_EQ(row->weight_bytes(), WeightBytes(spec, subnet));
  EXPECT_FALSE(row->has_target_accuracy());
  EXPECT_EQ(FindSubnet(report, "r192-w73-q6"), row);
  EXPECT_EQ(FindSubnet(report, "r1-w1-q4"), nullptr);
}

TEST(ReportBuilderTest, BlankMetricsStayBlank) {
  SubnetRow row;
  Metrics metrics;
  metrics.images = 10;
  metrics.im_score = 1.5;
  SetTarget(metrics, row);
  SetSource(metrics, row);
  SetSourceOnly(metrics, row);
  EXPECT_EQ(row.im_score(), 1.5);
  EXPECT_FALSE(row.has_target_accuracy());
  EXPECT_FALSE(row.has_target_interval());
  EXPECT_FALSE(row.has_source_accuracy());
  EXPECT_FALSE(row.has_source_only_target_accuracy());
}

TEST(ReportBuilderTest, SelectionsAreKeptApart) {
  const EvaluationReport report = test::SampleReport();
  ASSERT_EQ(report.budgets_size(), 8);
  const BudgetRow& last = report.budgets(7);
  EXPECT_EQ(last.admitted(), 8);
  EXPECT_EQ(last.max_macs(), static_cast<double>(report.subnets(0).macs()));
  // im_score and target accuracy fall with the index, source accuracy rises.
  EXPECT_EQ(last.label_free().subnet(), report.subnets(0).subnet());
  EXPECT_EQ(last.oracle().subnet(), report.subnets(0).subnet());
  EXPECT_EQ(last.source().subnet(), report.subnets(7).subnet());
  EXPECT_DOUBLE_EQ(last.source().target_accuracy(), 0.9 - 0.07);

  double sum = 0;
  for (const BudgetRow& row : report.budgets()) {
    sum += row.source().target_accuracy();
  }
  EXPECT_DOUBLE_EQ(report.task_scores().source(), sum / 8);
  EXPECT_GT(report.task_scores().oracle(), report.task_scores().source());
}

TEST(ReportBuilderTest, WithoutLabelsNoOracleAndNoScores) {
  const EvaluationReport report = test::UnlabelledReport();
  ASSERT_EQ(report.budgets_size(), 8);
  for (const BudgetRow& row : report.budgets()) {
    EXPECT_TRUE(row.has_label_free());
    EXPECT_FALSE(row.label_free().has_target_accuracy());
    EXPECT_FALSE(row.has_oracle());
  }
  EXPECT_FALSE(report.task_scores().has_label_free());
  EXPECT_FALSE(report.task_scores().has_oracle());
  EXPECT_EQ(report.confusion_matrices_size(), 0);
}

TEST(ReportBuilderTest, FillingTwiceIsFillingOnce) {
  EvaluationReport report = test::SampleReport();
  const std::string once = report.SerializeAsString();
  FillSelections(report);
  EXPECT_EQ(report.SerializeAsString(), once);
}

TEST(ReportBuilderTest, ChosenSubnetsAreNamedOnceLabelFreeFirst) {
  EvaluationReport report;
  for (const auto& [label_free, oracle] :
       {std::pair{"a", "c"}, {"b", "b"}, {"b", "d"}}) {
    BudgetRow* row = report.add_budgets();
    row->mutable_label_free()->set_subnet(label_free);
    row->mutable_oracle()->set_subnet(oracle);
  }
  EXPECT_THAT(ChosenSubnets(report), ElementsAre("b", "a", "d", "c"));
  EXPECT_THAT(ChosenSubnets(EvaluationReport()), IsEmpty());
}

TEST(ReportBuilderTest, LossesGoToTheCurveOfTheirName) {
  EvaluationReport report;
  AddLoss("total", 1, 5, report);
  AddLoss("other", 1, 7, report);
  AddLoss("total", 2, 4, report);
  ASSERT_EQ(report.loss_curves_size(), 2);
  EXPECT_THAT(report.loss_curves(0).steps(), ElementsAre(1, 2));
  EXPECT_THAT(report.loss_curves(0).values(), ElementsAre(5, 4));
}

}  // namespace
}  // namespace rtfq
