// Measuring how long a subnet takes.
#ifndef RTFQ_TOOLS_LATENCY_H_
#define RTFQ_TOOLS_LATENCY_H_

#include "absl/status/statusor.h"
#include "rtfq/models/supernet.h"
#include "rtfq/tools/metrics_log.h"

namespace rtfq {

// Milliseconds of one image through the subnet as it is here, weights
// quantized on the way: the median of 3 to 50 passes that take some 50 ms
// together, after one that warms up. Quantized subnets compute with integers.
absl::StatusOr<double> MeasureLatency(const SubnetConfig& subnet, Domain domain,
                                      const Clock& clock, Supernet& supernet);

}  // namespace rtfq

#endif  // RTFQ_TOOLS_LATENCY_H_
