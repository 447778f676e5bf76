// Where the time of a pass goes.
#ifndef RTFQ_CORE_PROFILER_H_
#define RTFQ_CORE_PROFILER_H_

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace rtfq {

enum class Work {
  kConvForward,  // with packing of the weights
  kConvBackwardData,
  kConvBackwardWeights,
  kWeights,     // quantizing them, their steps' gradients, adding to slices
  kQuantize,    // activations to codes and back, their steps' gradients
  kDequantize,  // codes or sums to f32
  kBatchNorm,   // with the ReLU behind it
  kResidual,
  kPool,
  kClassifier,
  kLoss,
  kResize,
  kOptimizer,  // with the teacher's averages
  kOther,
};
inline constexpr int kNumWorks = static_cast<int>(Work::kOther) + 1;

// "conv forward", ...
const char* NameOf(Work work);
// Whether it is a convolution.
bool IsConvolution(Work work);

// Collects what a thread spends its time on. Only the thread that walks through
// the network may use it; threads that help it are not seen by themselves.
class Profiler {
 public:
  struct Entry {
    Work work = Work::kOther;
    std::string layer;  // "" where there is none
    double begin_s = 0;
    double end_s = 0;
    double inner_s = 0;  // spent in entries within this one
    double self_s() const { return end_s - begin_s - inner_s; }
  };

  // `clock` tells seconds; it must not go back.
  explicit Profiler(std::function<double()> clock) : clock_(std::move(clock)) {}

  void Begin(Work work, std::string_view layer);
  // Of the entry begun last that has not ended.
  void End();

  // In the order they began; those not ended have no end.
  const std::vector<Entry>& entries() const { return entries_; }
  void Clear();

 private:
  std::function<double()> clock_;
  std::vector<Entry> entries_;
  std::vector<size_t> open_;
};

// Begin() and End() of a scope; nothing where `profiler` is null.
class ProfileScope {
 public:
  ProfileScope(Profiler* profiler, Work work, std::string_view layer = "")
      : profiler_(profiler) {
    if (profiler_ != nullptr) profiler_->Begin(work, layer);
  }
  ~ProfileScope() {
    if (profiler_ != nullptr) profiler_->End();
  }
  ProfileScope(const ProfileScope&) = delete;
  ProfileScope& operator=(const ProfileScope&) = delete;

 private:
  Profiler* profiler_;
};

}  // namespace rtfq

#endif  // RTFQ_CORE_PROFILER_H_
