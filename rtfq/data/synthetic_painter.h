// What the synthetic images are painted with.
#ifndef RTFQ_DATA_SYNTHETIC_PAINTER_H_
#define RTFQ_DATA_SYNTHETIC_PAINTER_H_

#include <array>
#include <vector>

#include "rtfq/core/random.h"
#include "rtfq/data/image.h"
#include "rtfq/data/synthetic_shapes.h"

namespace rtfq {

using Rgb = std::array<double, 3>;  // each 0..255

// Of a colour, ITU-R 601.
double LightnessOf(const Rgb& colour);

// Where a figure stands: centre and radius in pixels, angle in radians.
struct Pose {
  double x = 0, y = 0, radius = 1, angle = 0;
};

// A pattern with values in [-1,1] over the plane: waves, checks or clouds,
// drawn at random for images of `side` pixels.
class Texture {
 public:
  Texture(int side, Rng& rng);
  double At(double x, double y) const;

 private:
  struct Wave {
    double fx, fy, phase;
  };
  enum class Kind { kWaves, kChecks, kClouds };
  Kind kind_;
  std::vector<Wave> waves_;
};

// A square picture in floating point.
class Canvas {
 public:
  Canvas(int side, const Rgb& ground);

  int side() const { return side_; }
  Rgb& at(int x, int y) { return pixels_[static_cast<size_t>(y) * side_ + x]; }

  // Adds `amount`, scaled by the texture, to every pixel.
  void AddTexture(const Texture& texture, const Rgb& amount);
  // Paints the figure, its colour varied by the texture, edges smooth.
  void Paint(SyntheticShape shape, const Pose& pose, const Rgb& colour,
             const Texture& texture, const Rgb& amount);
  // Makes it lighter on one side than on the other, by up to `amount`.
  void AddLight(double amount, Rng& rng);
  // Adds normal noise to every value.
  // Each channel by its gain.
  void Multiply(const Rgb& gains);
  void AddNoise(double deviation, Rng& rng);

  RgbImage ToImage() const;

 private:
  int side_;
  std::vector<Rgb> pixels_;
};

}  // namespace rtfq

#endif  // RTFQ_DATA_SYNTHETIC_PAINTER_H_
