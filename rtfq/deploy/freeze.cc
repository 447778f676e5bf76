#include "rtfq/deploy/freeze.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rtfq/core/bit_pack.h"
#include "rtfq/core/check.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/deploy/bundle_layout.h"
#include "rtfq/ops/fold_batch_norm.h"

namespace rtfq {
namespace {

// One convolution and what stands around it, in the supernet's forward order.
struct Site {
  const ConvUnit* unit;
  const ActivationQuantizer* quantizer;  // of its input
};

std::vector<Site> SitesOf(const Supernet& supernet) {
  std::vector<Site> sites = {{&supernet.stem(), &supernet.stem_quantizer()}};
  for (const ResidualBlock& block : supernet.blocks()) {
    for (size_t i = 0; i < block.units().size(); ++i) {
      sites.push_back({&block.units()[i], &block.quantizers()[i]});
    }
    if (block.downsample()) {
      sites.push_back({&*block.downsample(), &block.quantizers()[0]});
    }
  }
  return sites;
}

void FillGraph(const Supernet& supernet, int width_percent,
               BundleGraph& graph) {
  const ResNetSpec& spec = supernet.spec();
  for (const ConvSpec& conv : ConvSpecsAt(
           spec, supernet.space().Largest().resolution, width_percent)) {
    BundleGraph::Convolution& c = *graph.add_convolutions();
    c.set_name(conv.name);
    c.set_in_channels(static_cast<int32_t>(conv.in_channels));
    c.set_out_channels(static_cast<int32_t>(conv.out_channels));
    c.set_kernel(conv.kernel);
    c.set_stride(conv.stride);
    c.set_padding(conv.padding);
  }
  graph.set_max_pool(spec.max_pool);
  int32_t next = 1;
  for (const ResidualBlock& block : supernet.blocks()) {
    BundleGraph::Block& b = *graph.add_blocks();
    for (size_t i = 0; i < block.units().size(); ++i) b.add_units(next++);
    if (block.downsample()) b.set_downsample(next++);
  }
  RTFQ_CHECK(next == graph.convolutions_size());
}

// Packs codes [O, ...] row by row behind `at`.
void PackRows(const TensorOf<int8_t>& codes, BitWidth bits, int64_t at,
              std::string& section) {
  const int64_t rows = codes.shape()[0];
  const int64_t row = codes.count() / rows;
  const int64_t bytes = PackedBytes(row, bits);
  auto* out = reinterpret_cast<uint8_t*>(section.data()) + at;
  for (int64_t o = 0; o < rows; ++o) {
    PackCodes(codes.span().subspan(o * row, row), bits,
              {out + o * bytes, static_cast<size_t>(bytes)});
  }
}

std::string WeightsSection(const Supernet& supernet, const BundleGraph& graph,
                           BitWidth bits) {
  const PartLayout layout = LayoutOfWeights(graph, bits);
  std::string section(static_cast<size_t>(layout.size), '\0');
  const std::vector<const SlimmableConv2d*> convs = supernet.convolutions();
  for (int i = 1; i < graph.convolutions_size(); ++i) {
    const auto& conv = graph.convolutions(i);
    PackRows(
        convs[i]->WeightCodes(conv.out_channels(), conv.in_channels(), bits),
        bits, layout.offsets[i], section);
  }
  return section;
}

std::string OuterSection(const Supernet& supernet, const BundleGraph& graph) {
  const PartLayout layout = LayoutOfOuter(graph, supernet.spec().num_classes);
  std::string section(static_cast<size_t>(layout.size), '\0');
  const auto& stem = graph.convolutions(0);
  const int64_t features =
      graph.convolutions(OutputConvolution(graph)).out_channels();
  PackRows(supernet.stem().conv().WeightCodes(stem.out_channels(),
                                              stem.in_channels(), BitWidth::k8),
           BitWidth::k8, layout.offsets[OuterPart::kStem], section);
  PackRows(supernet.classifier().WeightCodes(supernet.engine().threads(),
                                             features, BitWidth::k8),
           BitWidth::k8, layout.offsets[OuterPart::kClassifier], section);
  const Tensor& bias = supernet.classifier().bias().value;
  std::memcpy(section.data() + layout.offsets[OuterPart::kBias], bias.data(),
              static_cast<size_t>(bias.count()) * sizeof(float));
  return section;
}

bool AllFinite(const Tensor& tensor) {
  return std::all_of(tensor.span().begin(), tensor.span().end(),
                     [](float v) { return std::isfinite(v); });
}

absl::Status AddSubnet(const SubnetConfig& config, Domain domain,
                       const std::vector<Site>& sites, const Supernet& supernet,
                       BundleWriter& writer) {
  BundleSubnet subnet;
  subnet.set_name(config.ToString());
  subnet.set_resolution(config.resolution);
  subnet.set_width_percent(config.width_percent);
  subnet.set_bits(BitsOf(config.bits));
  for (const ConvSpec& conv :
       ConvSpecsAt(supernet.spec(), config.resolution, config.width_percent)) {
    subnet.add_out_channels(static_cast<int32_t>(conv.out_channels));
  }
  const PartLayout layout = LayoutOfAffine(subnet);
  std::string section(static_cast<size_t>(layout.size), '\0');
  const Pass pass = {
      .subnet = config, .domain = domain, .mode = Mode::kInference};
  for (size_t i = 0; i < sites.size(); ++i) {
    const BitWidth bits = i == 0 ? BitWidth::k8 : config.bits;
    const float x_step = sites[i].quantizer->steps().At(bits);
    const ConvUnit& unit = *sites[i].unit;
    const ops::FoldedBatchNorm folded =
        unit.bn().Folded(pass, subnet.out_channels(static_cast<int>(i)),
                         x_step * unit.conv().weight_steps().At(bits));
    if (!std::isfinite(x_step) || !AllFinite(folded.scale) ||
        !AllFinite(folded.bias)) {
      return absl::InvalidArgumentError(
          absl::StrCat(subnet.name(), ", ", unit.bn().name(),
                       ": scale, bias or step is not finite"));
    }
    subnet.add_input_steps(x_step);
    const size_t bytes =
        static_cast<size_t>(folded.scale.count()) * sizeof(float);
    char* at = section.data() + layout.offsets[i];
    std::memcpy(at, folded.scale.data(), bytes);
    std::memcpy(at + bytes, folded.bias.data(), bytes);
  }
  subnet.set_classifier_input_step(
      supernet.classifier_quantizer().steps().At(BitWidth::k8));
  subnet.set_affine_section(writer.AddSection(
      absl::StrCat("affine/", subnet.name()), std::move(section)));
  *writer.header().add_subnets() = subnet;
  return absl::OkStatus();
}

}  // namespace

absl::Status Freeze(std::span<const SubnetConfig> subnets, Domain domain,
                    const Supernet& supernet, BundleWriter& writer) {
  if (subnets.empty()) return absl::InvalidArgumentError("no subnet is chosen");
  int width_percent = 0;
  std::set<BitWidth, std::greater<>> bit_widths;
  for (const SubnetConfig& subnet : subnets) {
    if (!IsQuantized(subnet.bits)) {
      return absl::InvalidArgumentError(absl::StrCat(
          subnet.ToString(),
          ": a full-precision network has no codes to deploy; train one with "
          "8, 6 and 4 bits"));
    }
    width_percent = std::max(width_percent, subnet.width_percent);
    bit_widths.insert(subnet.bits);
  }
  BundleHeader& header = writer.header();
  FillGraph(supernet, width_percent, *header.mutable_graph());
  header.set_outer_section(
      writer.AddSection("outer", OuterSection(supernet, header.graph())));
  header.set_classifier_scale(
      supernet.classifier_quantizer().steps().At(BitWidth::k8) *
      supernet.classifier().weight_steps().At(BitWidth::k8));
  if (!std::isfinite(header.classifier_scale()) ||
      !AllFinite(supernet.classifier().bias().value)) {
    return absl::InvalidArgumentError(
        "the classifier's bias or step is not finite");
  }
  for (const BitWidth bits : bit_widths) {
    const int32_t section =
        writer.AddSection(absl::StrCat("weights/q", BitsOf(bits)),
                          WeightsSection(supernet, header.graph(), bits));
    BundleWeights& weights = *header.add_weights();
    weights.set_bits(BitsOf(bits));
    weights.set_section(section);
  }
  const std::vector<Site> sites = SitesOf(supernet);
  for (const SubnetConfig& subnet : subnets) {
    RTFQ_RETURN_IF_ERROR(AddSubnet(subnet, domain, sites, supernet, writer));
  }
  return absl::OkStatus();
}

}  // namespace rtfq
