#include "rtfq/deploy/bundle.h"

#include <cstring>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rtfq/core/bit_pack.h"
#include "rtfq/core/check.h"
#include "rtfq/core/sha256.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/deploy/bundle_check.h"
#include "rtfq/deploy/bundle_layout.h"

namespace rtfq {
namespace {

uint64_t LittleEndian(std::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;) {
    value = value << 8 | static_cast<uint8_t>(bytes[i]);
  }
  return value;
}

std::span<const uint8_t> AsBytes(std::string_view bytes) {
  return {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
}

// The first rows and columns of codes that are packed row by row.
TensorOf<int8_t> UnpackPrefix(std::string_view packed, int64_t row_bytes,
                              BitWidth bits, const Shape& shape) {
  auto codes = TensorOf<int8_t>::Uninitialized(shape);
  const int64_t rows = shape[0];
  const int64_t row = rows == 0 ? 0 : shape.count() / rows;
  for (int64_t o = 0; o < rows; ++o) {
    UnpackCodes(AsBytes(packed.substr(static_cast<size_t>(o * row_bytes),
                                      static_cast<size_t>(row_bytes))),
                bits, codes.span().subspan(o * row, row));
  }
  return codes;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Bundle>> Bundle::Open(const std::string& path) {
  RTFQ_ASSIGN_OR_RETURN(std::unique_ptr<MappedFile> file,
                        MappedFile::Open(path));
  RTFQ_ASSIGN_OR_RETURN(std::unique_ptr<Bundle> bundle,
                        FromBytes(file->bytes(), path));
  bundle->file_ = std::move(file);
  return bundle;
}

absl::StatusOr<std::unique_ptr<Bundle>> Bundle::FromBytes(
    std::string_view bytes, const std::string& name) {
  auto bundle = std::unique_ptr<Bundle>(new Bundle(name, bytes));
  RTFQ_RETURN_IF_ERROR(Annotate(bundle->ReadHeader(), name));
  if (reinterpret_cast<uintptr_t>(bytes.data()) % alignof(float) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": its bytes do not lie at a multiple of 4"));
  }
  return bundle;
}

absl::Status Bundle::ReadHeader() {
  if (bytes_.substr(0, kBundleMagicBytes) !=
      std::string_view(kBundleMagic, kBundleMagicBytes)) {
    return absl::InvalidArgumentError(
        "is no .rtfq file: it does not begin as one");
  }
  const auto size = static_cast<int64_t>(bytes_.size());
  if (size < kBundlePrologueBytes) {
    return absl::InvalidArgumentError("ends within its first bytes");
  }
  const auto version = static_cast<int64_t>(LittleEndian(bytes_.substr(8, 4)));
  if (version != kBundleVersion) {
    return absl::UnimplementedError(absl::StrCat(
        "is of version ", version, "; this program reads ", kBundleVersion));
  }
  const uint64_t length = LittleEndian(bytes_.substr(16, 8));
  if (length > kMaxBundleHeaderBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("its header of ", length, " bytes is beyond the ",
                     kMaxBundleHeaderBytes, " accepted"));
  }
  if (static_cast<int64_t>(length) > size - kBundlePrologueBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("is cut short: its header of ", length,
                     " bytes does not fit into ", size, " bytes of file"));
  }
  const std::string_view text = bytes_.substr(kBundlePrologueBytes, length);
  if (LittleEndian(bytes_.substr(12, 4)) != 0 ||
      Sha256Hex(text) != bytes_.substr(24, 64)) {
    return absl::DataLossError(
        "the header is damaged: its sha256 differs; copy the file again");
  }
  if (!header_.ParseFromArray(text.data(), static_cast<int>(text.size()))) {
    return absl::InvalidArgumentError(
        "the header is no message of bundle.proto");
  }
  const int64_t data =
      AlignedUp(kBundlePrologueBytes + static_cast<int64_t>(length));
  data_ = bytes_.substr(std::min(bytes_.size(), static_cast<size_t>(data)));
  RTFQ_RETURN_IF_ERROR(
      CheckBundle(header_, static_cast<int64_t>(data_.size())));
  verified_ = std::vector<std::atomic<bool>>(header_.sections_size());
  return absl::OkStatus();
}

const BundleSubnet* Bundle::FindSubnet(const std::string& name) const {
  for (const BundleSubnet& subnet : header_.subnets()) {
    if (subnet.name() == name) return &subnet;
  }
  return nullptr;
}

absl::StatusOr<const BundleSubnet*> Bundle::Subnet(
    const std::string& name) const {
  if (const BundleSubnet* found = FindSubnet(name)) return found;
  std::vector<std::string> names;
  for (const BundleSubnet& subnet : header_.subnets()) {
    names.push_back(subnet.name());
  }
  return absl::NotFoundError(absl::StrCat(path_, ": has no subnet ", name,
                                          "; it has ",
                                          absl::StrJoin(names, ", ")));
}

std::string_view Bundle::SectionBytes(int32_t section) const {
  const BundleSection& s = header_.sections(section);
  return data_.substr(static_cast<size_t>(s.offset()),
                      static_cast<size_t>(s.size()));
}

absl::Status Bundle::Verify(int32_t section) const {
  if (verified_[section]) return absl::OkStatus();
  if (Sha256Hex(SectionBytes(section)) != header_.sections(section).sha256()) {
    return absl::DataLossError(
        absl::StrCat(path_, ": section '", header_.sections(section).name(),
                     "' is damaged: its sha256 differs; copy the file again"));
  }
  verified_[section] = true;
  return absl::OkStatus();
}

absl::Status Bundle::VerifySubnet(const BundleSubnet& subnet) const {
  RTFQ_RETURN_IF_ERROR(Verify(header_.outer_section()));
  RTFQ_RETURN_IF_ERROR(Verify(subnet.affine_section()));
  for (const BundleWeights& weights : header_.weights()) {
    if (weights.bits() == subnet.bits()) {
      RTFQ_RETURN_IF_ERROR(Verify(weights.section()));
    }
  }
  return absl::OkStatus();
}

absl::Status Bundle::VerifyAll() const {
  for (int i = 0; i < header_.sections_size(); ++i) {
    RTFQ_RETURN_IF_ERROR(Verify(i));
  }
  return absl::OkStatus();
}

TensorOf<int8_t> Bundle::ConvCodes(const BundleSubnet& subnet,
                                   int index) const {
  const BundleGraph& graph = header_.graph();
  const auto& conv = graph.convolutions(index);
  const Shape shape = {subnet.out_channels(index),
                       InChannels(graph, subnet)[index], conv.kernel(),
                       conv.kernel()};
  if (index == 0) {
    const int64_t at = LayoutOfOuter(graph, header_.class_names_size())
                           .offsets[OuterPart::kStem];
    return UnpackPrefix(SectionBytes(header_.outer_section()).substr(at),
                        RowBytes(conv, BitWidth::k8), BitWidth::k8, shape);
  }
  const auto bits = static_cast<BitWidth>(subnet.bits());
  for (const BundleWeights& weights : header_.weights()) {
    if (weights.bits() != subnet.bits()) continue;
    const int64_t at = LayoutOfWeights(graph, bits).offsets[index];
    return UnpackPrefix(SectionBytes(weights.section()).substr(at),
                        RowBytes(conv, bits), bits, shape);
  }
  RTFQ_CHECK(false);  // CheckBundle() has seen them
  return {};
}

View<const float> Bundle::Affine(const BundleSubnet& subnet, int index,
                                 int64_t row) const {
  const int64_t channels = subnet.out_channels(index);
  const int64_t at = LayoutOfAffine(subnet).offsets[index] + row * channels * 4;
  return {reinterpret_cast<const float*>(
              SectionBytes(subnet.affine_section()).data() + at),
          {channels}};
}

View<const float> Bundle::Scales(const BundleSubnet& subnet, int index) const {
  return Affine(subnet, index, 0);
}

View<const float> Bundle::Biases(const BundleSubnet& subnet, int index) const {
  return Affine(subnet, index, 1);
}

TensorOf<int8_t> Bundle::ClassifierCodes(const BundleSubnet& subnet) const {
  const BundleGraph& graph = header_.graph();
  const int64_t classes = header_.class_names_size();
  const int output = OutputConvolution(graph);
  const int64_t at =
      LayoutOfOuter(graph, classes).offsets[OuterPart::kClassifier];
  return UnpackPrefix(SectionBytes(header_.outer_section()).substr(at),
                      graph.convolutions(output).out_channels(), BitWidth::k8,
                      {classes, subnet.out_channels(output)});
}

View<const float> Bundle::ClassifierBias() const {
  const int64_t classes = header_.class_names_size();
  const int64_t at =
      LayoutOfOuter(header_.graph(), classes).offsets[OuterPart::kBias];
  return {reinterpret_cast<const float*>(
              SectionBytes(header_.outer_section()).data() + at),
          {classes}};
}

void Bundle::ReleasePages() const {
  if (file_ != nullptr) file_->ReleasePages();
}

void Bundle::ForgetChecks() const {
  for (std::atomic<bool>& verified : verified_) verified = false;
  ReleasePages();
}

}  // namespace rtfq
