#include "rtfq/deploy/onnx_metadata.h"

#include <map>
#include <string>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace rtfq {
namespace {

TEST(OnnxMetadata, SaysHowToUseTheModelAndWhereItIsFrom) {
  BundleHeader header;
  header.add_class_names("back \"pack\"");
  header.add_class_names("not UTF-8: \xff");
  BundlePreprocessing& p = *header.mutable_preprocessing();
  p.set_resize(256);
  p.set_crop(224);
  for (const float v : {0.5f, 0.25f, 0.125f}) {
    p.add_mean(v);
    p.add_std(v + 1);
  }
  header.mutable_provenance()->set_network("ResNet-50");
  header.mutable_provenance()->set_step(20000);
  BundleSubnet subnet;
  subnet.set_name("r160-w73-q6");
  subnet.set_resolution(160);
  onnx::ModelProto model;
  FillOnnxMetadata(header, subnet, "qdq", true, model);
  std::map<std::string, std::string> found;
  for (const auto& entry : model.metadata_props()) {
    EXPECT_TRUE(found.emplace(entry.key(), entry.value()).second);
  }
  EXPECT_EQ(found["rtfq.subnet"], "r160-w73-q6");
  EXPECT_EQ(found["rtfq.style"], "qdq");
  EXPECT_EQ(found["rtfq.exact_sums"], "true");
  using nlohmann::json;
  EXPECT_EQ(json::parse(found["rtfq.class_names"]),
            json({"back \"pack\"", "not UTF-8: \xef\xbf\xbd"}));
  const json preprocessing = json::parse(found["rtfq.preprocessing"]);
  EXPECT_EQ(preprocessing["resize"], 256);
  EXPECT_EQ(preprocessing["crop"], 224);
  EXPECT_EQ(preprocessing["resolution"], 160);
  EXPECT_EQ(preprocessing["mean"], json({0.5, 0.25, 0.125}));
  EXPECT_EQ(preprocessing["std"], json({1.5, 1.25, 1.125}));
  const json provenance = json::parse(found["rtfq.provenance"]);
  EXPECT_EQ(provenance["network"], "ResNet-50");
  EXPECT_EQ(provenance["step"], 20000);
}

}  // namespace
}  // namespace rtfq
