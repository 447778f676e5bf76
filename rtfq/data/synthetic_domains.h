// Two small image domains to learn from where no data is at hand.
#ifndef RTFQ_DATA_SYNTHETIC_DOMAINS_H_
#define RTFQ_DATA_SYNTHETIC_DOMAINS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "rtfq/core/parallel.h"
#include "rtfq/data/image.h"
#include "rtfq/data/synthetic_shapes.h"

namespace rtfq {

// The names of the two domains' folders.
inline constexpr char kCleanDomain[] = "clean";
inline constexpr char kShiftedDomain[] = "shifted";

struct SyntheticOptions {
  int side = 64;               // pixels, 16..512
  int images_per_class = 400;  // in each domain, 1..100000
  // How far the shifted domain is from the clean one: 0 is not at all, 1 is all
  // of: coloured textures behind and on the figure, light figures on dark as
  // often as dark on light, scattered small things, uneven light, noise.
  double shift = 1;
  // How weak and warm the shifted domain's light is: 0 is daylight, at 1 about
  // three tenths of it are left, most of that red.
  double dusk = 0;
  uint64_t seed = 1;
  int jpeg_quality = 90;  // 1..100
};

// Image `index` of a class: a figure at a random place, size and angle. Clean:
// a dark figure on a plain light ground. Shifted: see `shift`. A function of
// its arguments. `options` are valid.
RgbImage DrawSyntheticImage(const SyntheticOptions& options, bool shifted,
                            SyntheticShape shape, int64_t index);

// Writes <folder>/<domain>/<class>/<index>.jpg for both domains, and a file
// synthetic_domains.txt that says of which options. Where that file says the
// same already nothing is done; where it says something else the two domains
// are made anew. Fails with kInvalidArgument for options out of range, with
// kAlreadyExists where a folder `clean` or `shifted` lies that this function
// did not make, and when a file cannot be written.
absl::Status WriteSyntheticDomains(const SyntheticOptions& options,
                                   const std::string& folder,
                                   const ThreadPool& threads);

}  // namespace rtfq

#endif  // RTFQ_DATA_SYNTHETIC_DOMAINS_H_
