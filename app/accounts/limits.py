"""What a profile may hold. The instance tells apps, so that they need not find out by trying."""

NAME = 60
HEADLINE = 120
NOTE = 1000
FIELDS = 4
FIELD_NAME = 255
FIELD_VALUE = 255
PICTURE_DESCRIPTION = 150
