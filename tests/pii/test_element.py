"""Values in XML and HTML."""

import pytest

from tests.pii.marked import check


@pytest.mark.parametrize(
    "marked",
    [
        "<password>⟦s3cr3t99⟧</password>",
        "<ns:password>⟦s3cr3t99⟧</ns:password>",
        '<password encrypted="false">⟦s3cr3t99⟧</password>',
        "<password><![CDATA[⟦s3cr3t99⟧]]></password>",
        '<entry key="password">⟦s3cr3t99⟧</entry>',
        '<property name="hibernate.connection.password">⟦s3cr3t99⟧</property>',
        '<property name="db.password" value="⟦s3cr3t99⟧"/>',
        '<user name="x" password="⟦s3cr3t99⟧"/>',
        "<key>APIKey</key>\n<string>⟦Ck1vsMReHZOFV5LUAlil598WJbsZh8lb⟧</string>",
        "<td>Password</td><td>⟦s3cr3t99⟧</td>",
        "<dt>Password:</dt>\n<dd><code>⟦s3cr3t99⟧</code></dd>",
    ],
)
def test_found(marked):
    check(marked, "password")


@pytest.mark.parametrize(
    "text",
    [
        "<password></password>",
        "<key>PasswordField</key>\n<string>s3cr3t99</string>",
        "<key>Password</key>\n<string>Enter it</string>",
        "<password>${db.password1}</password>",
        "<td>Password</td><td>required</td>",
        '<label for="password">Password1</label>',
        "<password>text without end1",
        "if password > s3cr3t99 < other:",
    ],
)
def test_not_found(text):
    check(text, "password")
