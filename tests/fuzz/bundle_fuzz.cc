// An .rtfq file's header: the input is the header's bytes, for which prologue
// and checksum are made here, since no random input has the right ones; the
// sections behind it are zeros. Whole files are mutated by bundle_test.
#include <cstddef>
#include <cstdint>
#include <string>

#include "rtfq/core/check.h"
#include "rtfq/core/sha256.h"
#include "rtfq/deploy/bundle.h"
#include "rtfq/deploy/bundle_layout.h"

namespace rtfq {
namespace {

constexpr size_t kSectionBytes = 1 << 16;

std::string FileOf(std::string_view header) {
  std::string file(kBundleMagic, kBundleMagicBytes);
  const auto append = [&file](uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) {
      file.push_back(static_cast<char>(value >> (8 * i) & 0xff));
    }
  };
  append(kBundleVersion, 4);
  append(0, 4);
  append(header.size(), 8);
  file += Sha256Hex(header);
  file += header;
  file.resize(
      static_cast<size_t>(AlignedUp(static_cast<int64_t>(file.size()))) +
      kSectionBytes);
  return file;
}

// Everything that can be read of a bundle whose header makes sense.
void ReadAll(const Bundle& bundle) {
  for (const BundleSubnet& subnet : bundle.header().subnets()) {
    for (int i = 0; i < bundle.header().graph().convolutions_size(); ++i) {
      const auto codes = bundle.ConvCodes(subnet, i);
      RTFQ_CHECK(codes.shape()[0] == subnet.out_channels(i));
      RTFQ_CHECK(bundle.Scales(subnet, i).count() == codes.shape()[0]);
      RTFQ_CHECK(bundle.Biases(subnet, i).span().size() ==
                 static_cast<size_t>(codes.shape()[0]));
    }
    bundle.ClassifierCodes(subnet);
    bundle.VerifySubnet(subnet).IgnoreError();
  }
}

}  // namespace
}  // namespace rtfq

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string file = rtfq::FileOf(input);
  const auto bundle = rtfq::Bundle::FromBytes(file, "fuzz.rtfq");
  if (bundle.ok()) {
    rtfq::ReadAll(**bundle);
  } else {
    RTFQ_CHECK(bundle.status().message().find('\n') == std::string::npos);
  }
  // The same bytes as a whole file.
  rtfq::Bundle::FromBytes(input, "fuzz.rtfq").status().IgnoreError();
  return 0;
}
