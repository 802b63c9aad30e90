"""What the HTML pages show: numbers, words and moments. How they are drawn is the adapter's business."""
