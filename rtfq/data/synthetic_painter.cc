#include "rtfq/data/synthetic_painter.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace rtfq {
namespace {

constexpr double kTurn = 2 * std::numbers::pi;
constexpr int kSamples = 3;  // a side, within a pixel

// A figure that stands somewhere.
struct Placed {
  Placed(SyntheticShape figure, const Pose& where)
      : shape(figure),
        pose(where),
        c(std::cos(where.angle) / where.radius),
        s(std::sin(where.angle) / where.radius) {}

  // The part of pixel (x,y) that it covers.
  double Coverage(int x, int y) const {
    int covered = 0;
    for (int j = 0; j < kSamples; ++j) {
      for (int i = 0; i < kSamples; ++i) {
        const double dx = x + (i + 0.5) / kSamples - pose.x;
        const double dy = y + (j + 0.5) / kSamples - pose.y;
        covered += Covers(shape, c * dx + s * dy, c * dy - s * dx) ? 1 : 0;
      }
    }
    return static_cast<double>(covered) / (kSamples * kSamples);
  }

  SyntheticShape shape;
  Pose pose;
  double c, s;
};

// Four bytes added up: nearly normal, with mean 0 and deviation 1, and far
// quicker than Rng::Normal, of which an image would need thousands.
double QuickNormal(Rng& rng) {
  const uint32_t word = rng.Next();
  const uint32_t sum =
      (word & 255) + (word >> 8 & 255) + (word >> 16 & 255) + (word >> 24);
  constexpr double kDeviation = 147.8;  // sqrt(4 (256^2 - 1) / 12)
  return (static_cast<double>(sum) - 510) / kDeviation;
}

}  // namespace

double LightnessOf(const Rgb& colour) {
  return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2];
}

Texture::Texture(int side, Rng& rng) : kind_(static_cast<Kind>(rng.Below(3))) {
  const int count = kind_ == Kind::kClouds ? 5 : 2;
  const double first_angle = rng.Uniform(0, kTurn);
  for (int i = 0; i < count; ++i) {
    const double angle = kind_ == Kind::kClouds ? rng.Uniform(0, kTurn)
                                                : first_angle + i * kTurn / 4;
    const double cycles =
        kind_ == Kind::kClouds ? rng.Uniform(1, 6) : rng.Uniform(3, 9);
    const double frequency = kTurn * cycles / side;
    waves_.push_back({frequency * std::cos(angle), frequency * std::sin(angle),
                      rng.Uniform(0, kTurn)});
  }
}

double Texture::At(double x, double y) const {
  const auto wave = [&](size_t i) {
    return std::sin(waves_[i].fx * x + waves_[i].fy * y + waves_[i].phase);
  };
  if (kind_ == Kind::kWaves) return wave(0);
  if (kind_ == Kind::kChecks) return wave(0) * wave(1) > 0 ? 1 : -1;
  double sum = 0;
  for (size_t i = 0; i < waves_.size(); ++i) sum += wave(i);
  return std::clamp(sum / 2.5, -1.0, 1.0);
}

Canvas::Canvas(int side, const Rgb& ground)
    : side_(side), pixels_(static_cast<size_t>(side) * side, ground) {}

void Canvas::AddTexture(const Texture& texture, const Rgb& amount) {
  for (int y = 0; y < side_; ++y) {
    for (int x = 0; x < side_; ++x) {
      const double value = texture.At(x, y);
      for (int c = 0; c < 3; ++c) at(x, y)[c] += value * amount[c];
    }
  }
}

void Canvas::Paint(SyntheticShape shape, const Pose& pose, const Rgb& colour,
                   const Texture& texture, const Rgb& amount) {
  const Placed figure(shape, pose);
  const auto first = [](double v) { return std::max(0, static_cast<int>(v)); };
  const auto last = [&](double v) {
    return std::min(side_ - 1, static_cast<int>(v) + 1);
  };
  for (int y = first(pose.y - pose.radius); y <= last(pose.y + pose.radius);
       ++y) {
    for (int x = first(pose.x - pose.radius); x <= last(pose.x + pose.radius);
         ++x) {
      const double part = figure.Coverage(x, y);
      if (part == 0) continue;
      const double value = texture.At(x, y);
      for (int c = 0; c < 3; ++c) {
        double& pixel = at(x, y)[c];
        pixel += part * (colour[c] + value * amount[c] - pixel);
      }
    }
  }
}

void Canvas::AddLight(double amount, Rng& rng) {
  const double angle = rng.Uniform(0, kTurn);
  const double dx = std::cos(angle) * amount / side_;
  const double dy = std::sin(angle) * amount / side_;
  for (int y = 0; y < side_; ++y) {
    for (int x = 0; x < side_; ++x) {
      const double light = (x - side_ / 2.0) * dx + (y - side_ / 2.0) * dy;
      for (double& value : at(x, y)) value += light;
    }
  }
}

void Canvas::Multiply(const Rgb& gains) {
  for (Rgb& pixel : pixels_) {
    for (int c = 0; c < 3; ++c) pixel[c] *= gains[c];
  }
}

void Canvas::AddNoise(double deviation, Rng& rng) {
  if (deviation <= 0) return;
  for (Rgb& pixel : pixels_) {
    for (double& value : pixel) value += deviation * QuickNormal(rng);
  }
}

RgbImage Canvas::ToImage() const {
  RgbImage image(side_, side_);
  uint8_t* out = image.pixels.data();
  for (const Rgb& pixel : pixels_) {
    for (const double value : pixel) {
      *out++ = static_cast<uint8_t>(std::clamp(value + 0.5, 0.0, 255.0));
    }
  }
  return image;
}

}  // namespace rtfq
