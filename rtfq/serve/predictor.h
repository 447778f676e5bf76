// From the bytes of an image to class names.
#ifndef RTFQ_SERVE_PREDICTOR_H_
#define RTFQ_SERVE_PREDICTOR_H_

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "rtfq/core/engine.h"
#include "rtfq/data/image.h"
#include "rtfq/data/transforms.h"
#include "rtfq/deploy/bundle.h"
#include "rtfq/deploy/int8_graph.h"

namespace rtfq {

struct Prediction {
  std::string class_name;
  int64_t label = 0;
  double probability = 0;  // softmax of the logits
};

// Decodes as training did, runs a subnet, and names the classes. Thread-safe.
// Graphs are compiled on first use and kept: switching between subnets that
// were used before looks up a pointer. Threads that ask for a new one at the
// same moment each compile it; one is kept.
class Predictor {
 public:
  // `engine` must outlive the predictor. kInvalidArgument for preprocessing
  // that Validate() (data/transforms.h) refuses.
  static absl::StatusOr<std::unique_ptr<Predictor>> Create(
      const Engine& engine, std::shared_ptr<const Bundle> bundle);

  // The compiled graph of a subnet. Errors of Int8Graph::Create().
  absl::StatusOr<std::shared_ptr<const Int8Graph>> Graph(
      const std::string& subnet, int64_t batch);

  // Logits [N, classes] of N >= 1 images.
  absl::StatusOr<Tensor> Logits(const std::string& subnet,
                                const std::vector<RgbImage>& images);

  // The `count` most probable classes of row `n`, first the most probable; of
  // equals the lower label.
  std::vector<Prediction> Top(const Tensor& logits, int64_t n,
                              int64_t count) const;

  const Bundle& bundle() const { return *bundle_; }

 private:
  Predictor(const Engine& engine, std::shared_ptr<const Bundle> bundle,
            TransformOptions transform)
      : engine_(engine), bundle_(std::move(bundle)), transform_(transform) {}

  const Engine& engine_;
  const std::shared_ptr<const Bundle> bundle_;
  const TransformOptions transform_;
  std::mutex mutex_;
  std::map<std::pair<std::string, int64_t>, std::shared_ptr<const Int8Graph>>
      graphs_;
};

}  // namespace rtfq

#endif  // RTFQ_SERVE_PREDICTOR_H_
