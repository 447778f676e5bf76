#include "rtfq/models/supernet_init.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "rtfq/core/check.h"
#include "rtfq/core/status_macros.h"

namespace rtfq {
namespace {

void FillNormal(Rng rng, double deviation, Tensor& tensor) {
  for (float& value : tensor.span()) {
    value = static_cast<float>(deviation * rng.Normal());
  }
}

void CopyPrefixOf(const Tensor& from, const Tensor& to) {
  RTFQ_CHECK(to.count() <= from.count());
  std::copy_n(from.data(), to.count(), to.data());
}

// One batch norm of a pretrained file, at full width.
struct LoadedBatchNorm {
  Tensor gamma, beta, mean, variance;
};

void FillBanks(const LoadedBatchNorm& loaded, const SwitchableBatchNorm& bn,
               int num_keys) {
  for (const Domain domain : kDomains) {
    for (int key = 0; key < num_keys; ++key) {
      const SwitchableBatchNorm::Bank& bank = bn.BankOf(domain, key);
      CopyPrefixOf(loaded.gamma, bank.gamma->value);
      CopyPrefixOf(loaded.beta, bank.beta->value);
      CopyPrefixOf(loaded.mean, bank.running_mean->value);
      CopyPrefixOf(loaded.variance, bank.running_var->value);
    }
  }
}

}  // namespace

void InitializeRandomly(const Rng& rng, Supernet& supernet) {
  for (const SlimmableConv2d* conv : supernet.convolutions()) {
    Tensor& w = conv->weight().value;  // [O,I,K,K]
    const double fan_out =
        static_cast<double>(w.shape()[0] * w.shape()[2] * w.shape()[3]);
    FillNormal(rng.Stream(conv->weight().name), std::sqrt(2.0 / fan_out), w);
  }
  const SlimmableLinear& classifier = supernet.classifier();
  FillNormal(rng.Stream(classifier.weight().name), 0.01,
             classifier.weight().value);
  std::ranges::fill(classifier.bias().value.span(), 0.0f);
  supernet.InitializeWeightSteps();
}

absl::StatusOr<PretrainedReport> InitializeFromPretrained(
    const SafetensorsFile& file, const std::string& file_name,
    Supernet& supernet) {
  std::vector<PretrainedTarget> targets;
  for (const SlimmableConv2d* conv : supernet.convolutions()) {
    targets.push_back({conv->weight().name, conv->weight().value});
  }
  const std::vector<const SwitchableBatchNorm*> norms = supernet.batch_norms();
  const std::vector<const SlimmableConv2d*> convs = supernet.convolutions();
  std::vector<LoadedBatchNorm> loaded;
  for (size_t i = 0; i < norms.size(); ++i) {
    const Shape c = {convs[i]->weight().value.shape()[0]};
    loaded.push_back({Tensor::Zeros(c), Tensor::Zeros(c), Tensor::Zeros(c),
                      Tensor::Zeros(c)});
    const std::string& name = norms[i]->name();
    targets.push_back({name + ".weight", loaded.back().gamma});
    targets.push_back({name + ".bias", loaded.back().beta});
    targets.push_back({name + ".running_mean", loaded.back().mean});
    targets.push_back({name + ".running_var", loaded.back().variance});
  }
  const SlimmableLinear& classifier = supernet.classifier();
  targets.push_back({classifier.weight().name, classifier.weight().value});
  targets.push_back({classifier.bias().name, classifier.bias().value});
  RTFQ_ASSIGN_OR_RETURN(PretrainedReport report,
                        LoadPretrained(file, file_name, targets));
  for (size_t i = 0; i < norms.size(); ++i) {
    FillBanks(loaded[i], *norms[i], supernet.switches().num_keys());
  }
  supernet.InitializeWeightSteps();
  return report;
}

void InitializeFromFloat(const Supernet& from, Supernet& to) {
  RTFQ_CHECK(from.space().is_float());
  for (Parameter& parameter : to.store().parameters()) {
    if (parameter.kind != ParameterKind::kWeight) continue;
    const Parameter* source = from.store().Find(parameter.name);
    RTFQ_CHECK(source != nullptr);
    CopyPrefixOf(source->value, parameter.value);
  }
  const auto from_norms = from.batch_norms();
  const auto to_norms = to.batch_norms();
  RTFQ_CHECK(from_norms.size() == to_norms.size());
  for (int key = 0; key < to.switches().num_keys(); ++key) {
    SubnetConfig subnet = to.switches().ExampleOf(key);
    subnet.bits = BitWidth::kFloat;
    const int from_key = from.switches().KeyOf(subnet);
    for (size_t i = 0; i < to_norms.size(); ++i) {
      const auto& source = from_norms[i]->BankOf(Domain::kSource, from_key);
      for (const Domain domain : kDomains) {
        const auto& bank = to_norms[i]->BankOf(domain, key);
        CopyPrefixOf(source.gamma->value, bank.gamma->value);
        CopyPrefixOf(source.beta->value, bank.beta->value);
        CopyPrefixOf(source.running_mean->value, bank.running_mean->value);
        CopyPrefixOf(source.running_var->value, bank.running_var->value);
      }
    }
  }
  to.InitializeWeightSteps();
}

void CopyValues(const Supernet& from, Supernet& to) {
  RTFQ_CHECK(from.store().parameters().size() ==
             to.store().parameters().size());
  for (size_t i = 0; i < from.store().parameters().size(); ++i) {
    CopyPrefixOf(from.store().parameters()[i].value,
                 to.store().parameters()[i].value);
  }
  for (size_t i = 0; i < from.store().buffers().size(); ++i) {
    CopyPrefixOf(from.store().buffers()[i].value,
                 to.store().buffers()[i].value);
  }
}

}  // namespace rtfq
