#include "tests/golden/golden_case.h"

#include <cstdio>
#include <cstdlib>

#include "rtfq/core/check.h"

namespace rtfq {
namespace {

template <typename T>
T OrExit(absl::StatusOr<T> value) {
  if (!value.ok()) {
    std::fprintf(stderr, "%s\n", value.status().ToString().c_str());
    std::exit(1);
  }
  return *std::move(value);
}

// Calls assign(nhwc index, nchw index).
template <typename Assign>
void ForEachNhwc(const std::vector<int64_t>& nchw, Assign assign) {
  RTFQ_CHECK(nchw.size() == 4);
  int64_t at = 0;
  for (int64_t n = 0; n < nchw[0]; ++n)
    for (int64_t h = 0; h < nchw[2]; ++h)
      for (int64_t w = 0; w < nchw[3]; ++w)
        for (int64_t c = 0; c < nchw[1]; ++c) {
          assign(at++, ((n * nchw[1] + c) * nchw[2] + h) * nchw[3] + w);
        }
}

}  // namespace

std::string GoldenCase::FullName(const std::string& tensor) {
  read_.insert(tensor);
  return name_ + "/" + tensor;
}

std::vector<double> GoldenCase::Values(const std::string& tensor) {
  return OrExit(file_.ReadDoubles(FullName(tensor)));
}

std::vector<int64_t> GoldenCase::Ints(const std::string& tensor) {
  return OrExit(file_.ReadInts(FullName(tensor)));
}

double GoldenCase::Scalar(const std::string& tensor) {
  const std::vector<double> values = Values(tensor);
  RTFQ_CHECK(values.size() == 1);
  return values[0];
}

int64_t GoldenCase::Int(const std::string& tensor) {
  const std::vector<int64_t> values = Ints(tensor);
  RTFQ_CHECK(values.size() == 1);
  return values[0];
}

std::vector<int64_t> GoldenCase::ShapeOf(const std::string& tensor) {
  const SafetensorsEntry* entry = file_.Find(name_ + "/" + tensor);
  RTFQ_CHECK(entry != nullptr);
  return entry->shape;
}

Tensor GoldenCase::Get(const std::string& tensor) {
  return OrExit(file_.ReadF32(FullName(tensor)));
}

Tensor GoldenCase::GetNhwc(const std::string& tensor) {
  const Tensor nchw = Get(tensor);
  const Shape& s = nchw.shape();
  Tensor nhwc = Tensor::Uninitialized({s[0], s[2], s[3], s[1]});
  ForEachNhwc(ShapeOf(tensor), [&](int64_t to, int64_t from) {
    nhwc.data()[to] = nchw.data()[from];
  });
  return nhwc;
}

std::vector<double> GoldenCase::ValuesNhwc(const std::string& tensor) {
  const std::vector<double> nchw = Values(tensor);
  std::vector<double> nhwc(nchw.size());
  ForEachNhwc(ShapeOf(tensor),
              [&](int64_t to, int64_t from) { nhwc[to] = nchw[from]; });
  return nhwc;
}

std::vector<std::string> GoldenCase::Unread() const {
  std::vector<std::string> unread;
  const std::string prefix = name_ + "/";
  for (const auto& [name, entry] : file_.entries()) {
    if (name.rfind(prefix, 0) != 0) continue;
    const std::string tensor = name.substr(prefix.size());
    if (read_.count(tensor) == 0) unread.push_back(tensor);
  }
  return unread;
}

std::set<std::string> CaseNames(const SafetensorsFile& file) {
  std::set<std::string> names;
  for (const auto& [name, entry] : file.entries()) {
    names.insert(name.substr(0, name.rfind('/')));
  }
  return names;
}

CodeRange GoldenRange(int64_t bits, bool is_signed) {
  RTFQ_CHECK(IsBitWidth(bits));
  return CodesOf(static_cast<BitWidth>(bits),
                 is_signed ? Sign::kSigned : Sign::kUnsigned);
}

}  // namespace rtfq
