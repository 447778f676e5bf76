#include "rtfq/data/bad_images.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace rtfq {

std::string BadImageReport::ToString() const {
  if (images.empty()) return "";
  std::string text =
      absl::StrCat(images.size(), images.size() == 1 ? " image" : " images",
                   " cannot be used:\n");
  for (const BadImage& image : images) {
    absl::StrAppend(&text, "  ", image.reason, "\n");
  }
  return text;
}

BadImageReport CheckImages(const DomainDataset& dataset,
                           const DecodeLimits& limits,
                           const ThreadPool& threads) {
  const int64_t count = static_cast<int64_t>(dataset.images.size());
  std::vector<std::string> reasons(dataset.images.size());
  threads.For(count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const auto image = DecodeImageFile(dataset.images[i].path, limits);
      if (image.ok()) continue;
      const absl::string_view message = image.status().message();
      reasons[i].assign(message.data(), message.size());
    }
  });
  BadImageReport report;
  for (int64_t i = 0; i < count; ++i) {
    if (!reasons[i].empty()) report.images.push_back({i, reasons[i]});
  }
  return report;
}

DomainDataset RemoveBad(const DomainDataset& dataset,
                        const BadImageReport& report) {
  std::set<int64_t> bad;
  for (const BadImage& image : report.images) bad.insert(image.index);
  DomainDataset good = dataset;
  good.images.clear();
  for (size_t i = 0; i < dataset.images.size(); ++i) {
    if (bad.count(static_cast<int64_t>(i)) == 0) {
      good.images.push_back(dataset.images[i]);
    }
  }
  return good;
}

}  // namespace rtfq
