#include "rtfq/train/step_calibration.h"

#include <algorithm>
#include <vector>

#include "rtfq/core/status_macros.h"
#include "rtfq/models/pass.h"

namespace rtfq {

absl::Status CalibrateActivationSteps(
    int64_t num_batches,
    absl::FunctionRef<absl::StatusOr<PairedBatch>(int64_t)> batch_at,
    Supernet& supernet) {
  if (supernet.space().is_float()) return absl::OkStatus();
  // Most bits last: stem and classifier have one step for all of them.
  std::vector<BitWidth> ascending = supernet.space().bit_widths();
  std::ranges::reverse(ascending);
  for (const BitWidth bits : ascending) {
    SubnetConfig subnet = supernet.space().Largest();
    subnet.bits = bits;
    int64_t passes = 0;
    for (int64_t i = 0; i < num_batches; ++i) {
      RTFQ_ASSIGN_OR_RETURN(const PairedBatch batch, batch_at(i));
      for (const Domain domain : kDomains) {
        const Tensor& images = domain == Domain::kSource ? batch.source.images
                                                         : batch.target.images;
        RTFQ_RETURN_IF_ERROR(supernet.Prepare(subnet, images.shape()[0]));
        Supernet::Saved saved;
        supernet.Forward(images,
                         {.subnet = subnet,
                          .domain = domain,
                          .mode = Mode::kStepCalibration,
                          .calibration_batch = passes++},
                         saved);
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace rtfq
