// What a walk through the supernet is about.
#ifndef RTFQ_MODELS_PASS_H_
#define RTFQ_MODELS_PASS_H_

#include <cstdint>
#include <string>

#include "rtfq/core/domain.h"
#include "rtfq/core/tensor.h"
#include "rtfq/models/subnet_config.h"

namespace rtfq {

enum class Mode {
  // Normalises with the batch's statistics, moves the running ones, and saves
  // what backward needs.
  kTraining,
  // Normalises with the batch's statistics and changes nothing: the teacher.
  kBatchStatistics,
  // As kTraining without backward; the running statistics become the average
  // over calibration batches 0..calibration_batch (batch-norm calibration,
  // [U]).
  kCalibration,
  // As kBatchStatistics, but every activation step of the pass's bits becomes
  // 2 * mean|x| / sqrt(Q_P), averaged over calibration batches
  // 0..calibration_batch, before it is used (LSQ, section 2.1).
  kStepCalibration,
  // Normalises with the running statistics and changes nothing.
  kInference,
};

// How convolutions are computed. The quantizers are the same.
enum class Precision {
  kFloat,    // f32 products of fake-quantized values: the oracle
  kInteger,  // exact integer sums of codes, scaled once in f32; f32 gradients
  // The same forward, so the same bits; gradients of codes, which bf16 holds
  // exactly, and of dy rounded to bf16, added in f32. At full precision
  // Mode::kTraining rounds x, w and dy to bf16 and adds in f32; no other mode
  // rounds.
  kIntegerBf16,
};

inline bool ConvolvesCodes(Precision precision) {
  return precision != Precision::kFloat;
}

// How the outputs of convolutions are kept from forward to backward. Forward is
// the same; with kBf16 the gradients are of values rounded to 8 bits.
enum class ActivationStorage { kF32, kBf16 };

// Told of the codes that a convolution or the classifier reads, in the order of
// the walk; a block's first convolution and its shortcut read the same.
class CodeWatcher {
 public:
  virtual ~CodeWatcher() = default;
  virtual void Reads(const std::string& layer,
                     const TensorOf<uint8_t>& codes) = 0;
};

// Handed down through every layer; no layer remembers an active subnet.
struct Pass {
  SubnetConfig subnet;
  Domain domain;
  Mode mode = Mode::kTraining;
  int64_t calibration_batch = 0;  // of the two calibrations
  Precision precision = Precision::kInteger;
  ActivationStorage storage = ActivationStorage::kF32;  // of kTraining
  CodeWatcher* watcher = nullptr;                       // or nobody
};

}  // namespace rtfq

#endif  // RTFQ_MODELS_PASS_H_
