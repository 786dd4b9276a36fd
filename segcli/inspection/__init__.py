"""What a data set holds, looked at before a training: findings, statistics, pictures of what the model gets."""
