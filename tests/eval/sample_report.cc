#include "tests/eval/sample_report.h"

#include <cmath>
#include <cstdint>
#include <vector>

#include "rtfq/eval/metrics.h"
#include "rtfq/eval/report_builder.h"
#include "rtfq/models/network.pb.h"
#include "rtfq/models/resnet_spec.h"
#include "rtfq/models/search_space.h"

namespace rtfq::test {
namespace {

SearchSpace SmallSpace() {
  SearchSpaceConfig config;
  for (const int resolution : {64, 40}) config.add_resolutions(resolution);
  for (const int width : {100, 60}) config.add_width_percents(width);
  for (const int bits : {8, 4}) config.add_bit_widths(bits);
  return *SearchSpace::Create(config);
}

// 100 images, correct ones first.
Metrics MetricsOf(int correct, bool labelled) {
  Metrics metrics;
  metrics.num_classes = 3;
  metrics.images = 100;
  metrics.im_score = 1.0 + 0.001 * correct;
  if (!labelled) return metrics;
  metrics.labelled = 100;
  metrics.correct = correct;
  metrics.accuracy = correct / 100.0;
  metrics.interval = WilsonInterval(correct, 100);
  metrics.mean_per_class = correct / 100.0;
  metrics.confusion = {correct - 20, 100 - correct, 0, 0, 20, 0, 0, 0, 0};
  return metrics;
}

EvaluationReport Report(bool labelled) {
  NetworkConfig network;
  network.set_family(NetworkConfig::TINY);
  const ResNetSpec spec = *MakeResNetSpec(network, 3);
  EvaluationReport report;
  const SearchSpace space = SmallSpace();
  for (int i = 0; i < space.size(); ++i) {
    SubnetRow* row = AddSubnet(spec, space.At(i), report);
    SetTarget(MetricsOf(90 - i, labelled), *row);
    SetSourceOnly(MetricsOf(60 - i, labelled), *row);
    // The source prefers the smallest subnets.
    row->set_source_accuracy((80 + i) / 100.0);
    row->set_latency_ms(20.0 / (i + 1));
  }
  FillSelections(report);
  for (const std::string& subnet : ChosenSubnets(report)) {
    AddConfusionMatrix(subnet, MetricsOf(90, labelled), report);
  }
  for (const char* name : {"mug", kHostileName, "bike"}) {
    report.add_class_names(name);
  }
  for (int step = 0; step < 50; ++step) {
    AddLoss("cross_entropy", step, std::exp(-step / 10.0), report);
    AddLoss("total", step, 16 * std::exp(-step / 10.0), report);
  }
  report.mutable_facts()->set_source_name("clean");
  report.mutable_facts()->set_target_name("textured");
  report.mutable_facts()->set_target_images(100);
  report.mutable_facts()->set_steps(50);
  return report;
}

bool IsVoid(const std::string& name) { return name == "meta"; }

}  // namespace

EvaluationReport SampleReport() { return Report(/*labelled=*/true); }
EvaluationReport UnlabelledReport() { return Report(/*labelled=*/false); }

std::string WhatIsUnbalanced(const std::string& html) {
  std::vector<std::string> open;
  size_t at = 0;
  while ((at = html.find('<', at)) != html.npos) {
    const size_t end = html.find('>', at);
    if (end == html.npos) return "a tag without end";
    const std::string tag = html.substr(at + 1, end - at - 1);
    at = end + 1;
    if (tag.starts_with("!DOCTYPE")) continue;
    int quotes = 0;
    for (const char c : tag) quotes += c == '"' ? 1 : 0;
    if (quotes % 2 != 0 || tag.find('<') != tag.npos) {
      return "<" + tag + "> has an open quote or a tag inside";
    }
    const size_t name_begin = tag.starts_with("/") ? 1 : 0;
    const std::string name = tag.substr(
        name_begin, tag.find_first_of(" /", name_begin) - name_begin);
    if (name_begin == 1) {
      if (open.empty() || open.back() != name) {
        return "</" + name + "> closes " +
               (open.empty() ? "nothing" : "<" + open.back() + ">");
      }
      open.pop_back();
    } else if (!tag.ends_with("/") && !IsVoid(name)) {
      open.push_back(name);
    }
  }
  return open.empty() ? "" : "<" + open.back() + "> is not closed";
}

}  // namespace rtfq::test
