// Every case of ops.safetensors, numbers from an independent oracle in float64.
#include <ostream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/golden/golden_case.h"
#include "tests/golden/golden_files.h"
#include "tests/golden/ops_checks.h"

namespace rtfq {
namespace {

struct Family {
  const char* name;
  const char* prefix;  // of its cases; the first match counts
  void (*check)(GoldenCase&);
};
std::ostream& operator<<(std::ostream& out, const Family& family) {
  return out << family.prefix;
}

constexpr Family kFamilies[] = {
    {"Lsq", "lsq.", CheckLsq},
    {"ConvSharedInput", "conv.shared_input.", CheckSharedInput},
    {"Conv", "conv.", CheckConv},
    {"BatchNormTraining", "bn.train", CheckBatchNormTraining},
    {"BatchNormInference", "bn.inference", CheckBatchNormInference},
    {"BatchNormCalibration", "bn.calibrate.", CheckBatchNormCalibration},
    {"AddRelu", "add_relu", CheckAddRelu},
    {"MaxPool", "max_pool.", CheckMaxPool},
    {"GlobalAveragePool", "global_average_pool", CheckGlobalAveragePool},
    {"QuantizedLinear", "linear.quantized.", CheckQuantizedLinear},
    {"Linear", "linear.", CheckLinear},
    {"CrossEntropy", "loss.cross_entropy.", CheckCrossEntropy},
    {"InformationMaximization", "loss.information_maximization.",
     CheckInformationMaximization},
    {"Distillation", "loss.distillation.", CheckDistillation},
    {"PseudoLabel", "loss.pseudo_label.", CheckPseudoLabel},
    {"Sgd", "sgd.", CheckSgd},
    {"Cosine", "cosine.", CheckCosine},
    {"Ema", "ema.", CheckEma},
    {"Cost", "cost.resnet50.", CheckCost},
    {"ImageResize", "image.resize", CheckResize},
    {"ImageCenterCrop", "image.center_crop.", CheckCenterCrop},
    {"ImageFlip", "image.flip", CheckFlip},
    {"ImageNormalize", "image.normalize", CheckNormalize},
    {"ImageAlignCorners", "image.align_corners", CheckAlignCorners},
    {"Decode", "decode", CheckDecode},
};

const Family* FamilyOf(const std::string& name) {
  for (const Family& family : kFamilies) {
    if (name.rfind(family.prefix, 0) == 0) return &family;
  }
  return nullptr;
}

class OpsGolden : public testing::TestWithParam<Family> {};

TEST_P(OpsGolden, EveryCaseAndTensor) {
  const SafetensorsFile file = ReadGolden("ops.safetensors");
  int cases = 0;
  for (const std::string& name : CaseNames(file)) {
    const Family* family = FamilyOf(name);
    if (family == nullptr || family->check != GetParam().check) continue;
    SCOPED_TRACE(name);
    GoldenCase golden(file, name);
    family->check(golden);
    EXPECT_THAT(golden.Unread(), testing::IsEmpty()) << "compared with nothing";
    ++cases;
  }
  EXPECT_GT(cases, 0) << "the file has no case of this family";
}

INSTANTIATE_TEST_SUITE_P(All, OpsGolden, testing::ValuesIn(kFamilies),
                         [](const auto& info) {
                           return std::string(info.param.name);
                         });

TEST(OpsGoldenFile, HasNoCaseThatNothingChecks) {
  for (const std::string& name : CaseNames(ReadGolden("ops.safetensors"))) {
    EXPECT_NE(FamilyOf(name), nullptr) << name;
  }
}

}  // namespace
}  // namespace rtfq
