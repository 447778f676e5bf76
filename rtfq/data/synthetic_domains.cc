#include "rtfq/data/synthetic_domains.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <numbers>
#include <system_error>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "rtfq/core/check.h"
#include "rtfq/core/file.h"
#include "rtfq/core/random.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/data/folder.h"
#include "rtfq/data/jpeg.h"
#include "rtfq/data/synthetic_painter.h"

namespace rtfq {
namespace {

namespace fs = std::filesystem;

constexpr char kManifestName[] = "synthetic_domains.txt";

absl::Status Validate(const SyntheticOptions& o) {
  const auto wrong = [](const char* field, double value, const char* right) {
    return absl::InvalidArgumentError(
        absl::StrCat(field, " is ", value, "; it must be ", right));
  };
  if (o.side < 16 || o.side > 512)
    return wrong("side", o.side, "16 to 512 pixels");
  if (o.images_per_class < 1 || o.images_per_class > 100000)
    return wrong("images_per_class", o.images_per_class, "1 to 100000");
  if (!(o.shift >= 0 && o.shift <= 1)) return wrong("shift", o.shift, "0 to 1");
  if (!(o.dusk >= 0 && o.dusk <= 1)) return wrong("dusk", o.dusk, "0 to 1");
  if (o.jpeg_quality < 1 || o.jpeg_quality > 100)
    return wrong("jpeg_quality", o.jpeg_quality, "1 to 100");
  return absl::OkStatus();
}

Pose DrawPose(int side, Rng& rng) {
  Pose pose;
  pose.radius = rng.Uniform(0.26, 0.42) * side;
  pose.x = rng.Uniform(pose.radius, side - pose.radius);
  pose.y = rng.Uniform(pose.radius, side - pose.radius);
  pose.angle = rng.Uniform(0, 2 * std::numbers::pi);
  return pose;
}

Rgb DrawGrey(double low, double high, double tint, Rng& rng) {
  const double grey = rng.Uniform(low, high);
  Rgb colour;
  for (double& value : colour) value = grey + rng.Uniform(-tint, tint);
  return colour;
}

Rgb DrawColour(double low, double high, Rng& rng) {
  Rgb colour;
  for (double& value : colour) value = rng.Uniform(low, high);
  return colour;
}

Rgb Mix(const Rgb& a, const Rgb& b, double share_of_b) {
  Rgb mixed;
  for (int c = 0; c < 3; ++c) mixed[c] = a[c] + share_of_b * (b[c] - a[c]);
  return mixed;
}

// A colour whose lightness is `lightness`.
Rgb WithLightness(Rgb colour, double lightness) {
  const double change = lightness - LightnessOf(colour);
  for (double& value : colour) value = std::clamp(value + change, 0.0, 255.0);
  return colour;
}

RgbImage DrawClean(int side, SyntheticShape shape, Rng& rng) {
  Canvas canvas(side, DrawGrey(195, 245, 6, rng));
  const Texture none(side, rng);
  canvas.Paint(shape, DrawPose(side, rng), DrawGrey(15, 85, 12, rng), none, {});
  canvas.AddNoise(2, rng);
  return canvas.ToImage();
}

// Small things that are not the figure.
void Scatter(Canvas& canvas, double shift, Rng& rng) {
  const int count = static_cast<int>(std::lround(shift * rng.Uniform(2, 7)));
  const Texture none(canvas.side(), rng);
  for (int i = 0; i < count; ++i) {
    Pose pose = DrawPose(canvas.side(), rng);
    pose.radius = rng.Uniform(0.04, 0.11) * canvas.side();
    pose.x = rng.Uniform(0, canvas.side());
    pose.y = rng.Uniform(0, canvas.side());
    const auto shape =
        static_cast<SyntheticShape>(rng.Below(kNumSyntheticShapes));
    canvas.Paint(shape, pose, DrawColour(0, 255, rng), none, {});
  }
}

// Multiplies the colours as weak, warm light does.
void Dim(double dusk, Canvas& canvas, Rng& rng) {
  const double light = rng.Uniform(0.8, 1.2);
  const Rgb evening = {0.38, 0.29, 0.21};
  Rgb gains;
  for (int c = 0; c < 3; ++c) gains[c] = 1 + dusk * (light * evening[c] - 1);
  canvas.Multiply(gains);
}

RgbImage DrawShifted(const SyntheticOptions& options, SyntheticShape shape,
                     Rng& rng) {
  const int side = options.side;
  const double shift = options.shift;
  // Light and dark by chance, at least 85 of 255 apart, so that the figure can
  // be seen through texture and noise.
  const double distance = rng.Uniform(85, 150);
  const double dark = rng.Uniform(20, 235 - distance);
  const bool inverted = rng.Uniform() < 0.5 * shift;
  const double ground_light = inverted ? dark : dark + distance;
  const double figure_light = inverted ? dark + distance : dark;
  const Rgb ground =
      Mix(DrawGrey(195, 245, 6, rng),
          WithLightness(DrawColour(0, 255, rng), ground_light), shift);
  const Rgb figure =
      Mix(DrawGrey(15, 85, 12, rng),
          WithLightness(DrawColour(0, 255, rng), figure_light), shift);
  const double strength = 38 * shift;
  Canvas canvas(side, ground);
  canvas.AddTexture(Texture(side, rng), DrawColour(-strength, strength, rng));
  Scatter(canvas, shift, rng);
  canvas.Paint(shape, DrawPose(side, rng), figure, Texture(side, rng),
               DrawColour(-strength / 2, strength / 2, rng));
  canvas.AddLight(rng.Uniform(0, 60) * shift, rng);
  if (options.dusk > 0) Dim(options.dusk, canvas, rng);
  canvas.AddNoise(2 + rng.Uniform(2, 18) * shift, rng);
  return canvas.ToImage();
}

std::string Manifest(const SyntheticOptions& o, const char* state) {
  return absl::StrFormat(
      "side %d\nimages_per_class %d\nshift %g\ndusk %g\nseed %d\n"
      "jpeg_quality %d\nstate %s\n",
      o.side, o.images_per_class, o.shift, o.dusk, o.seed, o.jpeg_quality,
      state);
}

// A plain write: flushing thousands of small files one by one takes minutes.
absl::Status WriteImage(const std::string& path, const RgbImage& image,
                        int quality) {
  RTFQ_ASSIGN_OR_RETURN(const std::string bytes, EncodeJpeg(image, quality));
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) {
    return absl::UnavailableError(absl::StrCat(path, ": cannot write"));
  }
  return absl::OkStatus();
}

absl::Status RemoveOld(const std::string& folder, bool ours) {
  for (const char* domain : {kCleanDomain, kShiftedDomain}) {
    const std::string path = JoinPath(folder, domain);
    std::error_code error;
    if (!fs::exists(path, error)) continue;
    if (!ours) {
      return absl::AlreadyExistsError(
          absl::StrCat(path,
                       ": exists and was not made here; choose another "
                       "folder or remove it"));
    }
    fs::remove_all(path, error);
    if (error) {
      return absl::UnavailableError(
          absl::StrCat(path, ": cannot remove: ", error.message()));
    }
  }
  return absl::OkStatus();
}

absl::Status WriteClass(const SyntheticOptions& options, bool shifted,
                        SyntheticShape shape, const std::string& folder,
                        const ThreadPool& threads) {
  RTFQ_RETURN_IF_ERROR(MakeFolders(folder));
  std::vector<absl::Status> statuses(options.images_per_class);
  threads.For(options.images_per_class, 8, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      statuses[i] = WriteImage(JoinPath(folder, absl::StrFormat("%05d.jpg", i)),
                               DrawSyntheticImage(options, shifted, shape, i),
                               options.jpeg_quality);
    }
  });
  for (const absl::Status& status : statuses) RTFQ_RETURN_IF_ERROR(status);
  return absl::OkStatus();
}

}  // namespace

RgbImage DrawSyntheticImage(const SyntheticOptions& options, bool shifted,
                            SyntheticShape shape, int64_t index) {
  Rng rng = Rng(options.seed)
                .Stream(shifted ? kShiftedDomain : kCleanDomain)
                .Stream(static_cast<uint64_t>(shape))
                .Stream(static_cast<uint64_t>(index));
  return shifted ? DrawShifted(options, shape, rng)
                 : DrawClean(options.side, shape, rng);
}

absl::Status WriteSyntheticDomains(const SyntheticOptions& options,
                                   const std::string& folder,
                                   const ThreadPool& threads) {
  RTFQ_RETURN_IF_ERROR(Validate(options));
  const std::string manifest = JoinPath(folder, kManifestName);
  const absl::StatusOr<std::string> old = ReadFile(manifest, 4096);
  if (old.ok() && *old == Manifest(options, "complete")) {
    return absl::OkStatus();
  }
  RTFQ_RETURN_IF_ERROR(RemoveOld(folder, old.ok()));
  RTFQ_RETURN_IF_ERROR(MakeFolders(folder));
  RTFQ_RETURN_IF_ERROR(
      WriteFileAtomically(manifest, Manifest(options, "unfinished")));
  for (const bool shifted : {false, true}) {
    const std::string domain =
        JoinPath(folder, shifted ? kShiftedDomain : kCleanDomain);
    for (int i = 0; i < kNumSyntheticShapes; ++i) {
      const auto shape = static_cast<SyntheticShape>(i);
      RTFQ_RETURN_IF_ERROR(WriteClass(
          options, shifted, shape, JoinPath(domain, NameOf(shape)), threads));
    }
  }
  return WriteFileAtomically(manifest, Manifest(options, "complete"));
}

}  // namespace rtfq
