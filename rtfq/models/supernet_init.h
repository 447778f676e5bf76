// The values a supernet starts from.
#ifndef RTFQ_MODELS_SUPERNET_INIT_H_
#define RTFQ_MODELS_SUPERNET_INIT_H_

#include <string>

#include "absl/status/statusor.h"
#include "rtfq/core/random.h"
#include "rtfq/core/safetensors.h"
#include "rtfq/models/pretrained.h"
#include "rtfq/models/supernet.h"

namespace rtfq {

// Convolutions normal with variance 2 / (K*K*O) (He et al. 2015, fan-out, as
// torchvision), classifier N(0, 0.01) with bias 0 ([A]), batch norms the
// identity; weight steps from the weights.
void InitializeRandomly(const Rng& rng, Supernet& supernet);

// Weights under torchvision's names; every bank of a batch norm starts from the
// file's, narrower ones from its first channels. The classifier, where its
// class count differs from the file's, stays as it is: call after
// InitializeRandomly(). Weight steps follow the weights. Errors as
// LoadPretrained(); nothing is changed on error.
absl::StatusOr<PretrainedReport> InitializeFromPretrained(
    const SafetensorsFile& file, const std::string& file_name,
    Supernet& supernet);

// Weights and batch norms of a full-precision supernet over the same
// resolutions and widths: the end of the warm-up. Every bank starts, in both
// domains, from the source bank of the same resolution and width. Weight steps
// follow the weights; activation steps are left to calibration.
void InitializeFromFloat(const Supernet& from, Supernet& to);

// All values of another supernet of the same kind, as the teacher's first ones.
void CopyValues(const Supernet& from, Supernet& to);

}  // namespace rtfq

#endif  // RTFQ_MODELS_SUPERNET_INIT_H_
