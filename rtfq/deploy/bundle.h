// An .rtfq file, open for reading.
#ifndef RTFQ_DEPLOY_BUNDLE_H_
#define RTFQ_DEPLOY_BUNDLE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtfq/core/bit_width.h"
#include "rtfq/core/mapped_file.h"
#include "rtfq/core/tensor.h"
#include "rtfq/deploy/bundle.pb.h"

namespace rtfq {

// Mapped, not read: opening looks at the header alone, and a section's bytes
// come into memory when somebody asks for them. Thread-safe.
class Bundle {
 public:
  // kInvalidArgument for a file that is no bundle or whose header makes no
  // sense, kUnimplemented for one of another version, kDataLoss for a header
  // that its checksum contradicts; errors of MappedFile::Open(). All name the
  // file.
  static absl::StatusOr<std::unique_ptr<Bundle>> Open(const std::string& path);
  // The same for bytes the caller keeps, at a multiple of 4 (kInvalidArgument
  // otherwise); `name` stands in errors.
  static absl::StatusOr<std::unique_ptr<Bundle>> FromBytes(
      std::string_view bytes, const std::string& name);

  const BundleHeader& header() const { return header_; }
  const std::string& path() const { return path_; }
  // Null when there is no such subnet.
  const BundleSubnet* FindSubnet(const std::string& name) const;
  // kNotFound naming the subnets there are.
  absl::StatusOr<const BundleSubnet*> Subnet(const std::string& name) const;

  // Compares sections with their checksums, each once: those a subnet needs, or
  // all. kDataLoss naming file and section.
  absl::Status VerifySubnet(const BundleSubnet& subnet) const;
  absl::Status VerifyAll() const;

  // The following are what a verified section holds; a subnet's convolution
  // `index` with its own channels.
  // [O,I,K,K]
  TensorOf<int8_t> ConvCodes(const BundleSubnet& subnet, int index) const;
  View<const float> Scales(const BundleSubnet& subnet, int index) const;  // [O]
  View<const float> Biases(const BundleSubnet& subnet, int index) const;  // [O]
  TensorOf<int8_t> ClassifierCodes(const BundleSubnet& subnet) const;  // [K,F]
  View<const float> ClassifierBias() const;                            // [K]

  // Lets go of the pages read so far.
  void ReleasePages() const;
  // Lets go of them and of what was compared: the next use of a section costs
  // what the first did.
  void ForgetChecks() const;

 private:
  Bundle(std::string path, std::string_view bytes)
      : path_(std::move(path)), bytes_(bytes) {}
  absl::Status ReadHeader();
  absl::Status Verify(int32_t section) const;
  std::string_view SectionBytes(int32_t section) const;
  View<const float> Affine(const BundleSubnet& subnet, int index,
                           int64_t row) const;

  std::string path_;
  std::unique_ptr<MappedFile> file_;  // null when the caller keeps the bytes
  std::string_view bytes_;
  std::string_view data_;  // behind the header
  BundleHeader header_;
  // One a section: whether its checksum has been seen to be right.
  mutable std::vector<std::atomic<bool>> verified_;
};

}  // namespace rtfq

#endif  // RTFQ_DEPLOY_BUNDLE_H_
