// The images of a run.
#ifndef RTFQ_TOOLS_RUN_DATA_H_
#define RTFQ_TOOLS_RUN_DATA_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "rtfq/core/parallel.h"
#include "rtfq/core/random.h"
#include "rtfq/data/dataset.h"
#include "rtfq/tools/run.pb.h"

namespace rtfq {

struct RunDomains {
  DomainDataset source;
  DomainDataset target;
  // The request with what was found: images, hashes, class names.
  RunData data;
  // Which images were left out and why; "" when none was.
  std::string left_out;
};

// Opens both domains of `request` (roots, names, skip_bad_images). The target
// takes the source's classes.
//
// Where the request has no hash yet, every image is decoded once: those that
// cannot be are an error that names them all, or are left out. Where it has
// hashes, as a resumed run's, the images used must be the same:
// kFailedPrecondition naming the domain otherwise. kInvalidArgument for a
// source without labels or with fewer than two classes; errors of OpenDomain().
absl::StatusOr<RunDomains> OpenRunDomains(const RunData& request,
                                          const ThreadPool& threads);

// Of the images of both domains, 64 hexadecimal digits; of data with hashes.
std::string ManifestOf(const RunData& data);

struct SourceSplit {
  DomainDataset training;
  DomainDataset held_out;  // without images where nothing is held out
};

// Holds out `percent` of each class's images, rounded down, drawn by `rng`.
SourceSplit HoldOut(const DomainDataset& source, int percent, const Rng& rng);

}  // namespace rtfq

#endif  // RTFQ_TOOLS_RUN_DATA_H_
