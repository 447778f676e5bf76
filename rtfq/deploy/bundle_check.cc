#include "rtfq/deploy/bundle_check.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/unknown_field_set.h"
#include "rtfq/core/bit_width.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/deploy/bundle_graph_check.h"
#include "rtfq/deploy/bundle_layout.h"

namespace rtfq {
namespace {

constexpr int kMaxClasses = 100000;
constexpr int kMaxSubnets = 4096;  // 16^3, as a search space

template <typename... Parts>
absl::Status Wrong(const Parts&... parts) {
  return absl::InvalidArgumentError(absl::StrCat(parts...));
}

// Fields of any message below that are not in its .proto.
bool HasUnknownFields(const google::protobuf::Message& message) {
  const auto& reflection = *message.GetReflection();
  if (!reflection.GetUnknownFields(message).empty()) return true;
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const auto* field : fields) {
    if (field->cpp_type() != field->CPPTYPE_MESSAGE) continue;
    const int count =
        field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      const auto& inner = field->is_repeated()
                              ? reflection.GetRepeatedMessage(message, field, i)
                              : reflection.GetMessage(message, field);
      if (HasUnknownFields(inner)) return true;
    }
  }
  return false;
}

// Names stand in messages of one line.
bool IsPrintable(const std::string& name) {
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return c >= ' ' && c <= '~'; });
}

absl::Status CheckNames(const BundleHeader& header) {
  const auto printable = [](const auto& named) {
    return IsPrintable(named.name());
  };
  const auto all = [&](const auto& list) {
    return std::all_of(list.begin(), list.end(), printable);
  };
  if (all(header.sections()) && all(header.subnets()) &&
      all(header.graph().convolutions())) {
    return absl::OkStatus();
  }
  return Wrong(
      "a name of a section, subnet or convolution holds characters other than "
      "printable ASCII");
}

absl::Status CheckSections(const BundleHeader& header, int64_t data_bytes) {
  std::vector<std::pair<int64_t, int64_t>> ranges;
  std::set<std::string> names;
  for (const BundleSection& section : header.sections()) {
    const std::string what = absl::StrCat("section '", section.name(), "'");
    if (!names.insert(section.name()).second)
      return Wrong(what, " is there twice");
    if (section.offset() % kBundleAlignment != 0) {
      return Wrong(what, ": bytes ", section.offset(), " and ", section.size(),
                   " more do not begin at a multiple of ", kBundleAlignment);
    }
    if (section.offset() < 0 || section.size() < 0 ||
        section.size() > data_bytes ||
        section.offset() > data_bytes - section.size()) {
      return Wrong(what, ": bytes ", section.offset(), " and ", section.size(),
                   " more are not among the file's ", data_bytes,
                   " behind the header: it is cut short or damaged");
    }
    if (section.sha256().size() != 64) return Wrong(what, " has no sha256");
    ranges.emplace_back(section.offset(), section.size());
  }
  std::sort(ranges.begin(), ranges.end());
  for (size_t i = 1; i < ranges.size(); ++i) {
    if (ranges[i].first < ranges[i - 1].first + ranges[i - 1].second) {
      return Wrong("two sections overlap at byte ", ranges[i].first);
    }
  }
  return absl::OkStatus();
}

// The section is there and has the size its contents need.
absl::Status CheckSection(const BundleHeader& header, int32_t index,
                          int64_t size, const std::string& what) {
  if (index < 0 || index >= header.sections_size()) {
    return Wrong(what, ": section ", index, " of ", header.sections_size());
  }
  const BundleSection& section = header.sections(index);
  if (section.size() != size) {
    return Wrong(what, ": section '", section.name(), "' has ", section.size(),
                 " bytes; ", size, " are wanted");
  }
  return absl::OkStatus();
}

absl::Status CheckPreprocessing(const BundlePreprocessing& p) {
  if (p.resize() < 1 || p.resize() > 4096 || p.crop() < 1 ||
      p.crop() > p.resize()) {
    return Wrong("preprocessing: resize ", p.resize(), ", crop ", p.crop(),
                 "; 1 <= crop <= resize <= 4096 is wanted");
  }
  if (p.mean_size() != 3 || p.std_size() != 3) {
    return Wrong("preprocessing: mean and std must have 3 values each");
  }
  for (int i = 0; i < 3; ++i) {
    if (!std::isfinite(p.mean(i)) || !(p.std(i) > 0) ||
        !std::isfinite(p.std(i))) {
      return Wrong("preprocessing: mean ", p.mean(i), ", std ", p.std(i));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckWeights(const BundleHeader& header) {
  std::set<int> seen;
  for (const BundleWeights& weights : header.weights()) {
    const std::string what =
        absl::StrCat("weights of ", weights.bits(), " bits");
    if (!IsBitWidth(weights.bits()) || weights.bits() > 8) {
      return Wrong(what, "; 2 to 8 are possible");
    }
    if (!seen.insert(weights.bits()).second)
      return Wrong(what, " are there twice");
    RTFQ_RETURN_IF_ERROR(CheckSection(
        header, weights.section(),
        LayoutOfWeights(header.graph(), static_cast<BitWidth>(weights.bits()))
            .size,
        what));
  }
  return absl::OkStatus();
}

bool IsStep(float step) { return std::isfinite(step) && step > 0; }

absl::Status CheckSubnet(const BundleHeader& header,
                         const BundleSubnet& subnet) {
  const int convolutions = header.graph().convolutions_size();
  if (subnet.out_channels_size() != convolutions ||
      subnet.input_steps_size() != convolutions) {
    return Wrong("has channels of ", subnet.out_channels_size(),
                 " and steps of ", subnet.input_steps_size(), " of the ",
                 convolutions, " convolutions");
  }
  const bool has_weights = std::any_of(
      header.weights().begin(), header.weights().end(),
      [&](const BundleWeights& w) { return w.bits() == subnet.bits(); });
  if (!has_weights) return Wrong("no weights of ", subnet.bits(), " bits");
  for (const float step : subnet.input_steps()) {
    if (!IsStep(step)) return Wrong("input step ", step);
  }
  if (!IsStep(subnet.classifier_input_step())) {
    return Wrong("classifier_input_step ", subnet.classifier_input_step());
  }
  RTFQ_RETURN_IF_ERROR(CheckSubnetShapes(header.graph(), subnet));
  return CheckSection(header, subnet.affine_section(),
                      LayoutOfAffine(subnet).size, "scales and biases");
}

absl::Status CheckSubnets(const BundleHeader& header) {
  if (header.subnets_size() < 1 || header.subnets_size() > kMaxSubnets) {
    return Wrong(header.subnets_size(), " subnets; 1 to ", kMaxSubnets,
                 " are possible");
  }
  std::set<std::string> names;
  for (const BundleSubnet& subnet : header.subnets()) {
    if (subnet.name().empty() || !names.insert(subnet.name()).second) {
      return Wrong("subnet '", subnet.name(), "' has no name of its own");
    }
    RTFQ_RETURN_IF_ERROR(
        Annotate(CheckSubnet(header, subnet),
                 absl::StrCat("subnet '", subnet.name(), "'")));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckBundle(const BundleHeader& header, int64_t data_bytes) {
  if (header.version() != kBundleVersion) {
    return absl::UnimplementedError(
        absl::StrCat("is of version ", header.version(),
                     "; this program reads ", kBundleVersion));
  }
  if (HasUnknownFields(header)) {
    return absl::UnimplementedError(
        "the header has fields this program does not know");
  }
  RTFQ_RETURN_IF_ERROR(CheckNames(header));
  const int classes = header.class_names_size();
  if (classes < 2 || classes > kMaxClasses) {
    return Wrong(classes, " class names; 2 to ", kMaxClasses, " are possible");
  }
  if (!IsStep(header.classifier_scale())) {
    return Wrong("classifier_scale ", header.classifier_scale());
  }
  RTFQ_RETURN_IF_ERROR(CheckPreprocessing(header.preprocessing()));
  RTFQ_RETURN_IF_ERROR(CheckSections(header, data_bytes));
  RTFQ_RETURN_IF_ERROR(CheckGraph(header.graph()));
  RTFQ_RETURN_IF_ERROR(CheckSection(header, header.outer_section(),
                                    LayoutOfOuter(header.graph(), classes).size,
                                    "stem and classifier"));
  RTFQ_RETURN_IF_ERROR(CheckWeights(header));
  return CheckSubnets(header);
}

}  // namespace rtfq
