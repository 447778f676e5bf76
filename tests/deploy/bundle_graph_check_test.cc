#include "rtfq/deploy/bundle_graph_check.h"

#include <functional>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

namespace rtfq {
namespace {

using test::IsOk;
using test::StatusIs;
using ::testing::HasSubstr;

void Add(const char* name, int in, int out, int kernel, int stride,
         BundleGraph& graph) {
  auto& conv = *graph.add_convolutions();
  conv.set_name(name);
  conv.set_in_channels(in);
  conv.set_out_channels(out);
  conv.set_kernel(kernel);
  conv.set_stride(stride);
  conv.set_padding(kernel / 2);
}

// A stem and two blocks: one with a downsample, one with the identity.
BundleGraph Good() {
  BundleGraph graph;
  Add("stem", 3, 8, 3, 1, graph);
  Add("a1", 8, 16, 3, 2, graph);
  Add("a2", 16, 16, 3, 1, graph);
  Add("down", 8, 16, 1, 2, graph);
  Add("b1", 16, 16, 3, 1, graph);
  auto& a = *graph.add_blocks();
  a.add_units(1);
  a.add_units(2);
  a.set_downsample(3);
  graph.add_blocks()->add_units(4);
  return graph;
}

BundleSubnet Full() {
  BundleSubnet subnet;
  subnet.set_resolution(9);
  for (const int channels : {8, 16, 16, 16, 16}) {
    subnet.add_out_channels(channels);
  }
  return subnet;
}

TEST(BundleGraphCheck, AResidualNetworkPasses) {
  EXPECT_THAT(CheckGraph(Good()), IsOk());
  EXPECT_THAT(CheckSubnetShapes(Good(), Full()), IsOk());
}

// Each convolution is within its bounds; together they would run for hours.
TEST(BundleGraphCheck, WorkIsBounded) {
  BundleGraph graph;
  BundleSubnet subnet;
  subnet.set_resolution(4096);
  Add("stem", 3, 1, 31, 1, graph);
  subnet.add_out_channels(1);
  // 2^24 pixels of 31 * 31 products, beyond 2^43 after some 545.
  for (int i = 1; i < 600; ++i) {
    Add("one", 1, 1, 31, 1, graph);
    graph.add_blocks()->add_units(i);
    subnet.add_out_channels(1);
  }
  EXPECT_THAT(CheckGraph(graph), IsOk());
  EXPECT_THAT(
      CheckSubnetShapes(graph, subnet),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("multiply-adds")));
  subnet.set_resolution(2048);
  EXPECT_THAT(CheckSubnetShapes(graph, subnet), IsOk());
}

TEST(BundleGraphCheck, WhatIsNoNetworkIsRefused) {
  using Change = std::function<void(BundleGraph&)>;
  const std::vector<std::pair<const char*, Change>> cases = {
      {"0 convolutions", [](auto& g) { g.clear_convolutions(); }},
      {"images have 3",
       [](auto& g) { g.mutable_convolutions(0)->set_in_channels(4); }},
      {"out of range",
       [](auto& g) { g.mutable_convolutions(2)->set_kernel(0); }},
      {"out of range",
       [](auto& g) { g.mutable_convolutions(2)->set_stride(-1); }},
      {"out of range",
       [](auto& g) { g.mutable_convolutions(2)->set_padding(3); }},
      {"out of range",
       [](auto& g) { g.mutable_convolutions(2)->set_in_channels(60000); }},
      {"without convolutions", [](auto& g) { g.add_blocks(); }},
      {"is due", [](auto& g) { g.mutable_blocks(1)->set_units(0, 2); }},
      {"is due", [](auto& g) { g.mutable_blocks(1)->add_units(5); }},
      {"reads 8 channels of 16",
       [](auto& g) { g.mutable_convolutions(4)->set_in_channels(8); }},
      {"in no block", [](auto& g) { g.mutable_blocks()->RemoveLast(); }},
  };
  for (const auto& [word, change] : cases) {
    BundleGraph graph = Good();
    change(graph);
    EXPECT_THAT(CheckGraph(graph),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(word)))
        << word;
  }
}

TEST(BundleGraphCheck, SubnetsMustFit) {
  BundleSubnet subnet = Full();
  subnet.set_out_channels(3, 8);
  EXPECT_THAT(CheckSubnetShapes(Good(), subnet),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("meet a shortcut")));
  subnet = Full();
  subnet.set_out_channels(4, 8);  // behind an identity
  EXPECT_THAT(CheckSubnetShapes(Good(), subnet),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("'b1'")));
  BundleGraph graph = Good();
  graph.mutable_convolutions(0)->set_out_channels(60000);
  subnet = Full();
  subnet.set_out_channels(0, 60000);
  subnet.set_resolution(4000);
  EXPECT_THAT(CheckSubnetShapes(graph, subnet),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("1 GiB")));
  graph = Good();
  graph.mutable_convolutions(1)->set_kernel(21);
  graph.mutable_convolutions(1)->set_padding(0);
  EXPECT_THAT(
      CheckSubnetShapes(graph, Full()),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("does not fit")));
}

}  // namespace
}  // namespace rtfq
