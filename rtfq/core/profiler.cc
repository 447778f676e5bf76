#include "rtfq/core/profiler.h"

#include "rtfq/core/check.h"

namespace rtfq {

const char* NameOf(Work work) {
  switch (work) {
    case Work::kConvForward:
      return "conv forward";
    case Work::kConvBackwardData:
      return "conv backward data";
    case Work::kConvBackwardWeights:
      return "conv backward weights";
    case Work::kWeights:
      return "weights";
    case Work::kQuantize:
      return "quantize";
    case Work::kDequantize:
      return "dequantize";
    case Work::kBatchNorm:
      return "batch norm";
    case Work::kResidual:
      return "residual";
    case Work::kPool:
      return "pool";
    case Work::kClassifier:
      return "classifier";
    case Work::kLoss:
      return "loss";
    case Work::kResize:
      return "resize";
    case Work::kOptimizer:
      return "optimizer";
    case Work::kOther:
      return "other";
  }
  return "";
}

bool IsConvolution(Work work) {
  return work == Work::kConvForward || work == Work::kConvBackwardData ||
         work == Work::kConvBackwardWeights;
}

void Profiler::Begin(Work work, std::string_view layer) {
  open_.push_back(entries_.size());
  entries_.push_back({.work = work, .layer = std::string(layer)});
  entries_.back().begin_s = clock_();
}

void Profiler::End() {
  const double now = clock_();
  RTFQ_CHECK(!open_.empty());
  Entry& entry = entries_[open_.back()];
  open_.pop_back();
  entry.end_s = now;
  if (!open_.empty()) entries_[open_.back()].inner_s += now - entry.begin_s;
}

void Profiler::Clear() {
  RTFQ_CHECK(open_.empty());
  entries_.clear();
}

}  // namespace rtfq
