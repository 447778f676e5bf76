// One case of ops.safetensors: the tensors <case>/<name>.
#ifndef TESTS_GOLDEN_GOLDEN_CASE_H_
#define TESTS_GOLDEN_GOLDEN_CASE_H_

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "rtfq/core/bit_width.h"
#include "rtfq/core/safetensors.h"
#include "rtfq/core/tensor.h"
#include "tests/testing/tensor_matchers.h"

namespace rtfq {

// Reads tensors by their names in the case and remembers which were read. A
// missing one ends the program with a message. Activations are [N,C,H,W] in the
// file and NHWC here; images of bytes and everything else stay as they are.
class GoldenCase {
 public:
  GoldenCase(const SafetensorsFile& file, std::string name)
      : file_(file), name_(std::move(name)) {}

  const std::string& name() const { return name_; }
  bool NameHas(std::string_view part) const {
    return name_.find(part) != std::string::npos;
  }

  std::vector<double> Values(const std::string& tensor);
  std::vector<int64_t> Ints(const std::string& tensor);
  double Scalar(const std::string& tensor);  // of shape [1]
  int64_t Int(const std::string& tensor);
  std::vector<int64_t> ShapeOf(const std::string& tensor);
  // F32, as it lies in the file.
  Tensor Get(const std::string& tensor);
  // F32 [N,C,H,W], as [N,H,W,C].
  Tensor GetNhwc(const std::string& tensor);
  // Any type, [N,C,H,W], in the order of [N,H,W,C].
  std::vector<double> ValuesNhwc(const std::string& tensor);

  // Names in this case that nothing has read.
  std::vector<std::string> Unread() const;

 private:
  std::string FullName(const std::string& tensor);

  const SafetensorsFile& file_;
  const std::string name_;
  std::set<std::string> read_;
};

// The names of all cases of a file, without repetition.
std::set<std::string> CaseNames(const SafetensorsFile& file);

// What the oracle's own code differs by when run in float32 (the README's
// table), times this factor for sums in another order, against max|value|.
inline constexpr double kSummationOrder = 8;
constexpr test::ErrorBound GoldenBound(double float32_difference) {
  return {.relative_to_max = kSummationOrder * float32_difference};
}
// A step's gradient is a sum that cancels: against the sum of magnitudes.
constexpr double StepBound(double float32_difference, double magnitude) {
  return kSummationOrder * float32_difference * magnitude;
}

// Codes of `bits` and signedness as the files give them.
CodeRange GoldenRange(int64_t bits, bool is_signed);

}  // namespace rtfq

#endif  // TESTS_GOLDEN_GOLDEN_CASE_H_
