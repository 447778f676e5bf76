"""A training target of a config.

In a BUILD file of your own, here or in another workspace whose WORKSPACE says

    local_repository(name = "rtfq", path = "/where/it/is")
    load("@rtfq//third_party:repositories.bzl", "rtfq_repositories")
    rtfq_repositories()

and whose .bazelrc has the lines `build ...` of this one's:

    load("@rtfq//bazel:rtfq_train.bzl", "rtfq_train")

    rtfq_train(
        name = "my_cameras",
        config = "my_cameras.textproto",
    )

Then: bazel run //:my_cameras -- --data=DIR --source=A --target=B --run=runs/1
"""

def rtfq_train(name, config, **kwargs):
    """A program that trains with `config`; flags of //:train may be added.

    Args:
      name: of the target.
      config: a text file of rtfq/train/train_config.proto's TrainConfig.
      **kwargs: as sh_binary's, such as visibility and tags.
    """
    train = Label("//rtfq/tools:train")
    native.sh_binary(
        name = name,
        srcs = [Label("//bazel:run_train.sh")],
        args = [
            "$(rootpath %s)" % train,
            "$(rootpath %s)" % config,
        ],
        data = [
            config,
            train,
        ],
        **kwargs
    )
