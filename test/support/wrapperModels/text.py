"""Text in, the same text out, as a label."""

from skysail_wrapper import Tensor, model, texts


@model(inputs=[Tensor("text", "BYTES", [1])], outputs=[Tensor("label", "BYTES", [1])])
def text(text):
    return texts(text)


text.run()
