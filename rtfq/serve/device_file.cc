#include "rtfq/serve/device_file.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"
#include "rtfq/core/file.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/serve/device_profiler.h"

namespace rtfq {
namespace {

// 48 subnets, some threads and batches: far less.
constexpr int64_t kMaxBytes = 16 << 20;

// The first complaint, with its place.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (!text_.empty()) return;
    text_ = absl::StrCat(line + 1, ":", column + 1, ": ", message);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

absl::Status CheckRows(const std::string& path, const DeviceProfile& profile) {
  for (const LatencyRow& row : profile.rows()) {
    if (row.subnet().empty() || row.threads() < 1 || row.batch() < 1 ||
        !(row.p50_ms() > 0) || !std::isfinite(row.p95_ms()) ||
        row.p95_ms() < row.p50_ms()) {
      return absl::InvalidArgumentError(absl::StrCat(
          path, ": a row of subnet '", row.subnet(),
          "' lacks threads, batch or times that make sense; measure again"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status WriteDeviceProfile(const std::string& path,
                                const DeviceProfile& profile) {
  std::string text;
  google::protobuf::TextFormat::PrintToString(profile, &text);
  return WriteFileAtomically(path, text);
}

absl::StatusOr<DeviceProfile> ReadDeviceProfile(const std::string& path,
                                                const Bundle& bundle) {
  RTFQ_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMaxBytes));
  DeviceProfile profile;
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  if (!parser.ParseFromString(text, &profile)) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ":", error.text(), "; a file that profile wrote is wanted"));
  }
  RTFQ_RETURN_IF_ERROR(CheckRows(path, profile));
  if (profile.bundle_id() != BundleId(bundle)) {
    return absl::FailedPreconditionError(absl::StrCat(
        path, ": was measured with another bundle, ", profile.bundle(),
        ", than ", bundle.path(), "; measure this one: profile ", bundle.path(),
        " --out=", path));
  }
  return profile;
}

}  // namespace rtfq
