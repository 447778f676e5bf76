#include "rtfq/data/augment_ops.h"

#include <functional>
#include <map>
#include <string>

#include "gtest/gtest.h"
#include "tests/data/test_images.h"

namespace rtfq {
namespace {

using test::ImagesEqual;
using test::Speckled;

using Call = std::function<RgbImage(const RgbImage&, double argument)>;

const std::map<std::string, Call>& Operations() {
  static const auto* operations = new std::map<std::string, Call>{
      {"auto_contrast", [](const auto& x, double) { return AutoContrast(x); }},
      {"equalize", [](const auto& x, double) { return Equalize(x); }},
      {"posterize", [](const auto& x,
                       double a) { return Posterize(x, static_cast<int>(a)); }},
      {"solarize", [](const auto& x,
                      double a) { return Solarize(x, static_cast<int>(a)); }},
      {"brightness",
       [](const auto& x, double a) {
         return Brightness(x, static_cast<float>(a));
       }},
      {"color",
       [](const auto& x, double a) { return Color(x, static_cast<float>(a)); }},
      {"contrast", [](const auto& x,
                      double a) { return Contrast(x, static_cast<float>(a)); }},
      {"sharpness",
       [](const auto& x, double a) {
         return Sharpness(x, static_cast<float>(a));
       }},
      {"rotate", [](const auto& x, double a) { return Rotate(x, a); }},
      {"shear_x", [](const auto& x, double a) { return ShearX(x, a); }},
      {"shear_y", [](const auto& x, double a) { return ShearY(x, a); }},
      {"translate_x",
       [](const auto& x, double a) {
         return TranslateX(x, static_cast<int>(a));
       }},
      {"translate_y",
       [](const auto& x, double a) {
         return TranslateY(x, static_cast<int>(a));
       }},
  };
  return *operations;
}

TEST(AugmentOps, EqualPillow) {
  for (const auto& [name, call] : Operations()) {
    for (const auto& c : test::ReadCases(name)) {
      SCOPED_TRACE(c.file);
      const double argument = c.arguments.empty() ? 0 : c.arguments[0];
      EXPECT_TRUE(ImagesEqual(call(c.input, argument), c.expected));
    }
  }
}

TEST(AugmentOps, NeutralArgumentsChangeNothing) {
  const RgbImage image = Speckled(19, 14, 3);
  EXPECT_TRUE(ImagesEqual(Brightness(image, 1), image));
  EXPECT_TRUE(ImagesEqual(Color(image, 1), image));
  EXPECT_TRUE(ImagesEqual(Contrast(image, 1), image));
  EXPECT_TRUE(ImagesEqual(Sharpness(image, 1), image));
  EXPECT_TRUE(ImagesEqual(Posterize(image, 8), image));
  EXPECT_TRUE(ImagesEqual(Solarize(image, 256), image));
  EXPECT_TRUE(ImagesEqual(Rotate(image, 0), image));
  EXPECT_TRUE(ImagesEqual(ShearX(image, 0), image));
  EXPECT_TRUE(ImagesEqual(TranslateY(image, 0), image));
}

// One value a channel and images too small for a 3x3 neighbourhood.
TEST(AugmentOps, TakeImagesOfEverySize) {
  for (const auto& [width, height] :
       {std::pair(1, 1), std::pair(1, 7), std::pair(2, 2), std::pair(3, 1)}) {
    const RgbImage image = Speckled(width, height, 5);
    for (const auto& [name, call] : Operations()) {
      SCOPED_TRACE(name);
      const double argument = name == "posterize" ? 4 : 0.5;
      const RgbImage out = call(image, argument);
      EXPECT_EQ(out.width, width);
      EXPECT_EQ(out.height, height);
    }
    EXPECT_TRUE(ImagesEqual(Sharpness(image, 0.2f), image));
  }
}

TEST(AugmentOps, TranslationBringsBlack) {
  const RgbImage image = Speckled(4, 3, 6);
  const RgbImage out = TranslateX(image, 3);
  for (int y = 0; y < 3; ++y) {
    for (int c = 0; c < 3; ++c) {
      EXPECT_EQ(out.row(y)[c], image.row(y)[9 + c]);
      for (int x = 1; x < 4; ++x) EXPECT_EQ(out.row(y)[x * 3 + c], 0);
    }
  }
}

}  // namespace
}  // namespace rtfq
