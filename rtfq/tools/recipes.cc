#include "rtfq/tools/recipes.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "recipes/embedded_recipes.h"
#include "rtfq/core/status_macros.h"
#include "rtfq/train/text_config.h"

namespace rtfq {

absl::StatusOr<TrainConfig> Recipe(const std::string& name) {
  std::string names;
  for (const EmbeddedRecipe& recipe : kEmbeddedRecipes) {
    if (name == recipe.name) {
      TrainConfig config;
      RTFQ_RETURN_IF_ERROR(ParseTextProto(
          recipe.text, absl::StrCat("recipes/", name, ".textproto"), config));
      return config;
    }
    absl::StrAppend(&names, names.empty() ? "" : ", ", recipe.name);
  }
  return absl::NotFoundError(
      absl::StrCat("no recipe '", name, "'; there are: ", names));
}

}  // namespace rtfq
