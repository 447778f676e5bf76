// What each family of cases of ops.safetensors is compared with.
#ifndef TESTS_GOLDEN_OPS_CHECKS_H_
#define TESTS_GOLDEN_OPS_CHECKS_H_

#include "tests/golden/golden_case.h"

namespace rtfq {

// Each reads every tensor of its case and reports differences as failures.

// ops_quantized.cc
void CheckLsq(GoldenCase& c);
void CheckConv(GoldenCase& c);
void CheckSharedInput(GoldenCase& c);

// ops_layers.cc
void CheckBatchNormTraining(GoldenCase& c);
void CheckBatchNormInference(GoldenCase& c);
void CheckBatchNormCalibration(GoldenCase& c);
void CheckAddRelu(GoldenCase& c);
void CheckMaxPool(GoldenCase& c);
void CheckGlobalAveragePool(GoldenCase& c);
void CheckLinear(GoldenCase& c);
void CheckQuantizedLinear(GoldenCase& c);

// ops_training.cc
void CheckCrossEntropy(GoldenCase& c);
void CheckInformationMaximization(GoldenCase& c);
void CheckDistillation(GoldenCase& c);
void CheckPseudoLabel(GoldenCase& c);
void CheckSgd(GoldenCase& c);
void CheckCosine(GoldenCase& c);
void CheckEma(GoldenCase& c);

// ops_images.cc
void CheckCost(GoldenCase& c);
void CheckResize(GoldenCase& c);
void CheckCenterCrop(GoldenCase& c);
void CheckFlip(GoldenCase& c);
void CheckNormalize(GoldenCase& c);
void CheckAlignCorners(GoldenCase& c);
void CheckDecode(GoldenCase& c);

}  // namespace rtfq

#endif  // TESTS_GOLDEN_OPS_CHECKS_H_
